import { expect, it } from 'vitest'
import { UserModules } from '../../src/runner/process/user-modules.ts'

const modules = new UserModules()
modules.add({
  file: './dip.ts',
  sources: ['/home/ann/dip.ts', '/home/ann/lib/mean.ts', '/tmp/outcry-module-x/'],
})
modules.add({ file: './own.ts', sources: ['/home/ann/own.ts'] })

it.each<[string, string[], { file: string; place: string } | undefined]>([
  [
    'the innermost frame of a module',
    [
      '    at Array.map (<anonymous>)',
      '    at decide (/home/ann/own.ts:7:3)',
      '    at x (/home/ann/dip.ts:1:1)',
    ],
    { file: './own.ts', place: 'decide (/home/ann/own.ts:7:3)' },
  ],
  [
    'what a module is made of',
    ['    at mean (file:///home/ann/lib/mean.ts:2:9)'],
    { file: './dip.ts', place: 'mean (/home/ann/lib/mean.ts:2:9)' },
  ],
  [
    'its bundle, where there is no source map',
    ['    at file:///tmp/outcry-module-x/module.js:9:1'],
    { file: './dip.ts', place: '/tmp/outcry-module-x/module.js:9:1' },
  ],
  ['nobody', ['    at run (/home/ann/node_modules/x/dip.js:1:1)'], undefined],
  ['nobody by a message', ['Error: /home/ann/own.ts is gone'], undefined],
])('a stack names %s', (_, frames, found) => {
  expect(modules.find(['Error: x', ...frames].join('\n'))).toEqual(found)
})
