//go:build !race && !purego

package serde_test

const allocates = false
