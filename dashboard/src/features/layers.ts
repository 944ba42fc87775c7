/** How far the columns of a layer's newest month are from the fixed reference, and what is missing in it. */
import { computed } from 'vue'
import * as api from '../api'
import { office as english } from '../text/en/office'
import { useListPanel } from './panel'
import type { DataTable } from './table'

export type { LayerView, ProfileView, ShiftView } from '../api'

export function useLayerProfiles(asset: api.LayerAsset) {
  const { items: months, state } = useListPanel({ key: ['layer-profiles', asset], query: () => api.layerProfiles(asset) })
  /** The newest month that has a comparison, else the newest. */
  const month = computed(() => months.value?.find((one) => one.shifts.length > 0) ?? months.value?.[0])
  return { month, state }
}

/** The columns of a month, drifted ones first, then by how far they have moved. */
export function byDistance(month: api.ProfileView): api.ShiftView[] {
  return [...month.shifts].sort((a, b) => Number(b.is_drift) - Number(a.is_drift) || b.psi - a.psi)
}

export function shiftsTable(month: api.ProfileView): DataTable {
  const t = english.drift
  return {
    columns: [t.month, t.column, t.psi, t.effect, t.missing, t.moved, t.verdict],
    rows: byDistance(month).map((one) => [
      month.month, one.column, one.psi, one.effect, month.null_fractions[one.column] ?? null, one.moved_months,
      one.is_drift ? t.drift : one.has_moved ? t.hasMoved : t.holds,
    ]),
  }
}

/** When every asset was last made, the one made longest ago first. */
export function useLayers() {
  const { items: layers, state } = useListPanel({ key: ['analytics', 'layers'], query: api.layers, staleTime: 60_000 })
  return { layers, state }
}

export function layersTable(layers: readonly api.LayerView[]): DataTable {
  const t = english.freshness
  return { columns: [t.asset, t.made, t.state, t.run], rows: layers.map((one) => [one.asset, one.made_at, t.states[one.state], one.dagster_run_id]) }
}
