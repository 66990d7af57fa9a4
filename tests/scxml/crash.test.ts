import { describeWay } from './durable.ts'

describeWay('with a crash between any two events', { how: 'crash' })
