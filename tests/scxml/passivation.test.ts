import { describeWay } from './durable.ts'

describeWay('with every actor passivated between any two events', { how: 'none', isPassive: true })
