//go:build never

// Package jsonsuite pins the module whose testdata is the JSON Schema Test Suite
// (github.com/json-schema-org/JSON-Schema-Test-Suite, MIT). The tests of package jsonschema read it from the
// module cache; nothing of that module is built.
package jsonsuite

import _ "github.com/kaptinlin/jsonschema"
