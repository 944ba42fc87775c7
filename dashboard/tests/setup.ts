// Quasar reads screen.orientation when it is installed; happy-dom has none.
Object.defineProperty(window.screen, 'orientation', {
  configurable: true,
  value: { type: 'landscape-primary', angle: 0, addEventListener: () => undefined, removeEventListener: () => undefined },
})
