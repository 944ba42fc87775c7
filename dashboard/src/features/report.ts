/** The report of one's role as PDF, made by the server and saved as a file. */
import * as api from '../api'
import * as fmt from '../fmt'
import { useChange } from './change'
import { useSession } from './session'
import { downloadFile } from './table'

export function useReport() {
  const session = useSession()
  return useChange(async () => {
    const role = session.user?.role
    if (!role || role === 'patient') return
    downloadFile(await api.report(role), `${role}-${fmt.isoDay(new Date())}.pdf`)
  })
}
