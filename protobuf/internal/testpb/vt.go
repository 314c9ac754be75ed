package testpb

import (
	"errors"
	"sync/atomic"

	"google.golang.org/protobuf/proto"
)

// VTCalls counts the calls of the methods below, which stand for those that vtprotobuf
// generates: tests see that they are used, and internal/bench has the real ones.
var VTCalls atomic.Int64

// ErrVT is what writing a Fast whose id is "refused" fails with.
var ErrVT = errors.New("refused")

// SizeVT is the size of the encoding, in bytes.
func (m *Fast) SizeVT() int {
	VTCalls.Add(1)
	return proto.Size(m)
}

// MarshalToSizedBufferVT writes to the end of b.
func (m *Fast) MarshalToSizedBufferVT(b []byte) (int, error) {
	VTCalls.Add(1)
	if m.Id == "refused" {
		return 0, ErrVT
	}
	out, err := proto.MarshalOptions{}.MarshalAppend(nil, m)
	return copy(b[len(b)-len(out):], out), err
}

// UnmarshalVT merges b into the message.
func (m *Fast) UnmarshalVT(b []byte) error {
	VTCalls.Add(1)
	return proto.UnmarshalOptions{Merge: true}.Unmarshal(b, m)
}

// UnmarshalVT must not be called: vtprotobuf's knows no limit to recursion.
func (m *FastTree) UnmarshalVT([]byte) error {
	VTCalls.Add(1)
	return ErrVT
}
