package serde

import (
	"encoding/binary"
	"math"

	"github.com/concord-go/concord/internal/zigzag"
	"github.com/concord-go/concord/registry"
)

// The first byte of a frame says what names the writer schema.
const (
	magicID   = 0 // then 4 bytes, big-endian
	magicGUID = 1 // then 16 bytes, in the order of RFC 9562

	idFrameLen   = 1 + 4
	guidFrameLen = 1 + 16
)

// HeaderKey is the key of the record header that names the writer schema where
// the bytes themselves do not (header framing).
func HeaderKey(role Role) string {
	if role == Key {
		return "__key_schema_id"
	}
	return "__value_schema_id"
}

// Frame is what a record says of its writer schema: an id or a GUID and, for
// Protobuf, the path to the message.
type Frame struct {
	ID   registry.SchemaID // 0 where a GUID is given
	GUID registry.GUID     // zero where an id is given

	// MessageIndexes is the path from the file's top level to the Protobuf
	// message, nil for other formats.
	MessageIndexes []int
}

// AppendFrame appends the frame to dst: for prefix framing the payload comes
// next, for header framing it is the value of the header [HeaderKey]. A frame
// with a GUID is written as such; without one, the id must be 1 or above.
func AppendFrame(dst []byte, f Frame) ([]byte, error) {
	b := dst
	switch {
	case !f.GUID.IsZero():
		b = append(append(b, magicGUID), f.GUID[:]...)
	case f.ID < 1:
		return dst, classf(Malformed, "serde: schema id %d cannot be written: ids are 1 or above", f.ID)
	default:
		b = binary.BigEndian.AppendUint32(append(b, magicID), uint32(f.ID))
	}
	switch {
	case f.MessageIndexes == nil:
	case len(f.MessageIndexes) == 1 && f.MessageIndexes[0] == 0:
		b = append(b, 0) // the usual path has a short form
	default:
		if len(f.MessageIndexes) == 0 {
			return dst, classf(Malformed, "serde: an empty path leads to no message")
		}
		b = zigzag.Append(b, int64(len(f.MessageIndexes)))
		for _, i := range f.MessageIndexes {
			if i < 0 || int64(i) > math.MaxInt32 {
				return dst, classf(Malformed, "serde: message index %d is out of range", i)
			}
			b = zigzag.Append(b, int64(i))
		}
	}
	return b, nil
}

// ParseFrame reads the frame of a field that is not a tombstone, and returns
// the payload after it. A header that names the schema comes before a prefix;
// of several with one key the last counts, and a malformed one is an error.
// Message indexes are read for Protobuf only. Errors are of class [NotFramed],
// [Truncated] or [Malformed].
func ParseFrame(schemaType registry.SchemaType, role Role, data Data) (Frame, []byte, error) {
	r, payload, err := parseFrame(schemaType == registry.Protobuf, role, data)
	return Frame{ID: r.id, GUID: r.guid, MessageIndexes: r.path.indexes()}, payload, err
}

// frameRef is a frame in a form that is compared and hashed without allocating.
type frameRef struct {
	id   registry.SchemaID
	guid registry.GUID
	path messagePath
}

func parseFrame(indexed bool, role Role, data Data) (r frameRef, payload []byte, err error) {
	if len(data.Headers) > 0 {
		key := HeaderKey(role)
		for i := len(data.Headers) - 1; i >= 0; i-- {
			if data.Headers[i].Key == key {
				r, rest, err := parseSchemaRef(data.Headers[i].Value)
				if err == nil && indexed {
					r.path, _, err = parsePath(rest)
				}
				if err != nil {
					return frameRef{}, nil, classf(headerClass(err), "header %s: %s", key, err.Error())
				}
				return r, data.Bytes, nil
			}
		}
	}
	r, payload, err = parseSchemaRef(data.Bytes)
	if err == nil && indexed {
		r.path, payload, err = parsePath(payload)
	}
	if err != nil {
		return frameRef{}, nil, err
	}
	return r, payload, nil
}

// commonFrame reads what nearly every record has: no schema header, an id in
// front and, with message indexes, the first message. The id is not checked; what
// is not ok here may still be a frame, which [parseFrame] tells.
func commonFrame(indexed bool, role Role, data Data) (id registry.SchemaID, payload []byte, ok bool) {
	b, n := data.Bytes, idFrameLen
	if indexed {
		n++
	}
	if len(b) < n || b[0] != magicID || indexed && b[idFrameLen] != 0 {
		return 0, nil, false
	}
	if len(data.Headers) > 0 {
		key := HeaderKey(role)
		for i := range data.Headers {
			if data.Headers[i].Key == key {
				return 0, nil, false
			}
		}
	}
	return registry.SchemaID(binary.BigEndian.Uint32(b[1:])), b[n:], true
}

// headerClass: that the header is there says that the record is framed.
func headerClass(err error) Class {
	if c := ClassOf(err); c != NotFramed {
		return c
	}
	return Malformed
}

func parseSchemaRef(b []byte) (r frameRef, rest []byte, err error) {
	if len(b) == 0 {
		return r, nil, classf(NotFramed, "no bytes where a schema id is expected")
	}
	switch b[0] {
	case magicID:
		if len(b) < idFrameLen {
			return r, nil, classf(Truncated, "%d bytes where a schema id takes %d", len(b), idFrameLen)
		}
		id := binary.BigEndian.Uint32(b[1:])
		if id == 0 || id > math.MaxInt32 {
			return r, nil, classf(Malformed, "schema id %d is outside 1..%d", id, math.MaxInt32)
		}
		r.id = registry.SchemaID(id)
		return r, b[idFrameLen:], nil
	case magicGUID:
		if len(b) < guidFrameLen {
			return r, nil, classf(Truncated, "%d bytes where a schema GUID takes %d", len(b), guidFrameLen)
		}
		copy(r.guid[:], b[1:])
		if r.guid.IsZero() {
			return r, nil, classf(Malformed, "the schema GUID is zero")
		}
		return r, b[guidFrameLen:], nil
	}
	return r, nil, classf(NotFramed, "the first byte is neither of the wire format's magic bytes 0 and 1: "+
		"was this written by a serializer without a schema registry?")
}
