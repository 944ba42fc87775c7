/**
 * Leave out the rules of quasar.css for components that no source imports: Quasar ships one style sheet for all of them.
 * Belongs here: this one build step. Does not belong here: our own styles, which stay as they are.
 */
import { globSync, readFileSync } from 'node:fs'
import postcss from 'postcss'
import type { Plugin } from 'vite'

/** What every page needs whatever it imports: state of the body, focus, ripple, transitions, placement, screen sizes. */
const BASE =
  /^(body--.*|q-(body|transition|ripple|focus|spinner|anchor|backdrop|page|hoverable|focusable|link|loading)[\w-]*|fullscreen|fixed(-\w+)*|absolute(-\w+)*|relative-position|scroll|fit|hidden|invisible|no-(wrap|scroll|pointer-events|outline)|row|column|col|col-(grow|shrink|auto)|flex|flex-center|inline|block|wrap|reverse|items-\w+|justify-\w+|self-\w+|text-center|cursor-\w+|non-selectable|desktop|mobile|native-mobile|touch|no-touch|within-iframe|platform-\w+|[lg]t-(xs|sm|md|lg|xl))$/

/** `QBtn` -> `q-btn`. */
const kebab = (name: string) => name.replace(/[A-Z]/g, (letter, at: number) => `${at ? '-' : ''}${letter.toLowerCase()}`)

/** The components that the sources import by name, and QIcon, which several of them draw. */
function importedComponents(root: string): string[] {
  const files = globSync('src/**/*.{vue,ts}', { cwd: root }).map((file) => readFileSync(`${root}/${file}`, 'utf8'))
  const imports = files.flatMap((file) => [...file.matchAll(/import \{([^}]*)\} from 'quasar'/g)].map((match) => match[1] ?? ''))
  const names = imports.flatMap((list) => list.match(/\bQ[A-Z]\w*/g) ?? [])
  return [...new Set([...names, 'QIcon'].map(kebab))]
}

function classesIn(selector: string): string[] {
  return [...selector.matchAll(/\.(-?[_a-zA-Z](?:[\w-]|\\.)*)/g)].map((match) => match[1] ?? '')
}

export function withoutUnusedQuasar(): Plugin {
  let root = '.'
  return {
    name: 'without-unused-quasar',
    apply: 'build',
    enforce: 'pre',
    configResolved: (config) => { root = config.root },
    transform(css, id) {
      if (!/quasar\/dist\/quasar\.css$/.test(id)) return null
      const components = importedComponents(root)
      const isUsed = (name: string) =>
        BASE.test(name) || components.some((component) => name.startsWith(component) && /^([-_]|$)/.test(name.slice(component.length)))
      const sheet = postcss.parse(css)
      sheet.walkRules((rule) => {
        const kept = rule.selectors.filter((selector) => classesIn(selector).every(isUsed))
        if (kept.length === 0) rule.remove()
        else rule.selectors = kept
      })
      sheet.walkAtRules('media', (rule) => {
        if (rule.nodes?.length === 0) rule.remove()
      })
      return { code: sheet.toString(), map: null }
    },
  }
}
