//go:build race || purego

package registry_test

// allocates says that this build allocates where the usual one does not: the race
// detector does, and so does hash/maphash of the standard library under purego.
const allocates = true
