//go:build !race && !purego

package registry_test

const allocates = false
