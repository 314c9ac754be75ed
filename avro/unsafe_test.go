//go:build !purego

package avro_test

const pureGo = false
