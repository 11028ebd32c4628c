import { Programs, Pushes } from '../jobs.jsx'

export const Jobs = () => <><Pushes /><Programs /></>
