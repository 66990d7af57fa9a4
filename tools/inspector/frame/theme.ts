/** Light or dark: as the system has it, until a person chooses. */
import { signal } from '@preact/signals'

const KEY = 'outcry.theme'
export const theme = signal<'light' | 'dark' | undefined>(undefined)

export function followTheme(): void {
  const kept = read()
  theme.value = kept === 'light' || kept === 'dark' ? kept : undefined
  theme.subscribe((is) => {
    if (is === undefined) delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = is
  })
}

export function switchTheme(): void {
  const isDark =
    (theme.value ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark'
  theme.value = isDark ? 'light' : 'dark'
  try {
    localStorage.setItem(KEY, theme.value)
  } catch {
    // A browser that keeps nothing asks again the next time.
  }
}

/**
 * Returns a colour of the style sheet as it is now, for what is drawn on a canvas. The text of the token has the colours
 * of both themes, and only a property takes one of them.
 */
export function colourOf(node: HTMLElement, name: string): string {
  const probe = node.appendChild(document.createElement('span'))
  probe.style.color = `var(--${name})`
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}
