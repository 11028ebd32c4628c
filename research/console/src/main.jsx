import { render } from 'preact'
import 'uplot/dist/uPlot.min.css'
import './style.css'
import { App } from './app.jsx'
import { Framed } from './framed.jsx'

/* A page of another site could show the console in a frame below its own buttons, and have its user click on what lies there. */
render(window.top === window ? <App /> : <Framed />, document.getElementById('console'))
