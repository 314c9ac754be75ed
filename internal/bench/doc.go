// Package bench measures concord beside its peers on the same records.
//
// It is a table: records (record_*.go) times codecs (codec_*.go), where a new record is
// a shape and a line in records, and a new codec a function and a line in codecs.
// TestAllAgree looks at every cell before anything is measured. Its README says how to
// run it and what came out.
package bench
