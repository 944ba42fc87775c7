/**
 * Chart.js with only the parts that we draw, and the look that all charts share.
 * Belongs here: registration, colours from the theme, defaults. Does not belong here: any one chart's data.
 */
import { CategoryScale, Chart, Filler, LineController, LineElement, LinearScale, PointElement, Tooltip } from 'chart.js'

Chart.register(CategoryScale, Filler, LineController, LineElement, LinearScale, PointElement, Tooltip)

export { Chart }

/** The value of a token of theme.css now. */
export function token(name: string): string {
  return getComputedStyle(document.body).getPropertyValue(name).trim()
}

export const FONT = "'Inter Variable', Inter, system-ui, sans-serif"

/** Take the theme's colours; call it before each drawing, since a canvas does not follow CSS. */
export function applyTheme(): void {
  Chart.defaults.font.family = FONT
  Chart.defaults.font.size = 12
  Chart.defaults.color = token('--ink-3')
  Chart.defaults.borderColor = token('--grid')
  Chart.defaults.animation = false
  Object.assign(Chart.defaults.plugins.tooltip, {
    backgroundColor: token('--ink'),
    titleColor: token('--surface'),
    bodyColor: token('--surface'),
    padding: 10,
    cornerRadius: 8,
    boxPadding: 5,
    boxWidth: 8,
    boxHeight: 8,
    usePointStyle: true,
  })
}
