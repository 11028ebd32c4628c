import { Programs, Pushes, Recordings } from '../jobs.jsx'

export const Jobs = () => <><Pushes /><Programs /><Recordings /></>
