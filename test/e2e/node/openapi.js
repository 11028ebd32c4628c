// Validates the OpenAPI document on stdin; prints {"valid":…,"version":…,"errors":…}.
const fs = require('fs')
const { createRequire } = require('module')
const load = createRequire(process.argv[2] + '/')

async function main() {
    const { Validator } = await import(load.resolve('@seriousme/openapi-schema-validator'))
    const validator = new Validator()
    const result = await validator.validate(JSON.parse(fs.readFileSync(0)))
    console.log(JSON.stringify({ valid: result.valid, version: validator.version, errors: result.errors }))
}
main()
