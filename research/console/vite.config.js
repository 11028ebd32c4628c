import { createHash } from 'node:crypto'
import { defineConfig } from 'vite'

/* Files keep their names, so that an update replaces them; the page asks for each by its content, so that no cache serves an old one. */
const byContent = {
  name: 'by-content',
  enforce: 'post',
  generateBundle(options, bundle) {
    const page = bundle['index.html']
    for (const [name, file] of Object.entries(bundle)) {
      if (file === page)
        continue
      const hash = createHash('sha256').update(file.code ?? file.source).digest('hex').slice(0, 12)
      page.source = page.source.replace(`"./${name}"`, `"./${name}?${hash}"`)
    }
  },
}

export default defineConfig({
  base: './',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  plugins: [byContent],
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      output: { entryFileNames: 'console.js', assetFileNames: 'console[extname]', inlineDynamicImports: true },
    },
  },
})
