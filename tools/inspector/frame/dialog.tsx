/** A dialog over the page. The focus is in it while it is open, and goes back to where it was. */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

interface DialogProps {
  readonly title: string
  readonly children: ComponentChildren
  readonly onClose: () => void
}

export function Dialog({ title, children, onClose }: DialogProps): JSX.Element {
  const node = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const before = document.activeElement
    node.current?.showModal()
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={node}
      aria-labelledby="dialog-title"
      // Without a new act of the person, Escape closes it and asks nobody.
      onClose={onClose}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={({ target, currentTarget }) => {
        // A click beside the box.
        if (target === currentTarget) onClose()
      }}
    >
      <div class="dialog">
        <h2 id="dialog-title">{title}</h2>
        {children}
      </div>
    </dialog>
  )
}
