package jsonschema

import (
	"maps"
	"slices"
)

// AllKinds are all kinds of differences, for tests.
func AllKinds() []DifferenceKind { return slices.Sorted(maps.Keys(differences)) }
