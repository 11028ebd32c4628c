import { Programs, Pulls, Pushes, Recordings } from '../jobs.jsx'

export const Jobs = () => <><Pushes /><Pulls /><Programs /><Recordings /></>
