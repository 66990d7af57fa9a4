import { describeWay } from './durable.ts'

describeWay('with an orderly stop between any two events', { how: 'stop' })
