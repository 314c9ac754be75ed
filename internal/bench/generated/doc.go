// Package generated is what concord gen avro makes of the records' schemas.
package generated

//go:generate sh -c "cd ../../.. && go run ./cmd/concord gen avro -o internal/bench/generated internal/bench/generated/*.avsc"
