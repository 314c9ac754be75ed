//go:build purego

package avro

// boxes is the safe twin of the type in unsafe_boxes.go: each value has its own memory.
type boxes struct{}

func (*boxes) text(v string) any { return v }

func appendLongs(items []any, numbers []int64) []any {
	for _, v := range numbers {
		items = append(items, v)
	}
	return items
}

func appendDoubles(items []any, numbers []float64) []any {
	for _, v := range numbers {
		items = append(items, v)
	}
	return items
}
