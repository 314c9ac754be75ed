package avro

import (
	"encoding/binary"

	"github.com/concord-go/concord/serde"
)

// SingleObjectHeader is how many bytes stand before the payload in single-object
// encoding (Avro 1.12, "Single-object encoding"): C3 01, and the fingerprint of the
// writer schema.
const SingleObjectHeader = 10

var singleObjectMarker = [2]byte{0xc3, 0x01}

// AppendSingleObjectHeader appends the header for payloads of this writer schema.
// It belongs to data that are kept outside of Kafka, where there is no schema ID.
// The fingerprint is computed anew each time; whoever writes many keeps the bytes.
func (s *Schema) AppendSingleObjectHeader(dst []byte) []byte {
	return binary.LittleEndian.AppendUint64(append(dst, singleObjectMarker[:]...), s.Fingerprint())
}

// ParseSingleObject returns the fingerprint of the writer schema, to be compared with
// [Schema.Fingerprint], and the payload. The error is of the class
// [serde.Truncated] or [serde.NotFramed].
func ParseSingleObject(b []byte) (fingerprint uint64, payload []byte, err error) {
	for i, c := range singleObjectMarker {
		if len(b) > i && b[i] != c {
			return 0, nil, &DecodeError{Err: &fault{serde.NotFramed, "single-object encoding begins with C3 01"}}
		}
	}
	if len(b) < SingleObjectHeader {
		return 0, nil, &DecodeError{Offset: len(b), Err: &fault{serde.Truncated, "the payload ends within the header of single-object encoding"}}
	}
	return binary.LittleEndian.Uint64(b[len(singleObjectMarker):]), b[SingleObjectHeader:], nil
}
