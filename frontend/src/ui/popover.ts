/** Place a popover below what opened it, within the window; above where there is more room. */
export function placePopover(popover: HTMLElement, anchor: DOMRect): void {
  const gap = 6;
  const { innerWidth, innerHeight } = window;
  const { offsetWidth: width, offsetHeight: height } = popover;
  const left = Math.max(gap, Math.min(innerWidth - width - gap, anchor.left + anchor.width / 2 - width / 2));
  const below = anchor.bottom + gap;
  const above = anchor.top - height - gap;
  const top = below + height > innerHeight - gap && above >= gap ? above : Math.min(below, innerHeight - height - gap);
  popover.style.left = `${left}px`;
  popover.style.top = `${Math.max(gap, top)}px`;
}
