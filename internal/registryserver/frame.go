package registryserver

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// The journal is a line that names the format and then frames, each a header of
// 12 bytes and a payload of JSON. The header is the payload's length, the
// payload's CRC-32C, and the CRC-32C of those 8 bytes, all little-endian.
//
// A frame is all that was made durable at once, so that a frame which is not whole
// at the end of the file was never acknowledged. A frame that is not whole anywhere
// else is damage.
const (
	journalMagic = "concord schema registry journal 1\n"
	frameHeader  = 12
	maxPayload   = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendFrame appends a frame with the payload.
func appendFrame(dst, payload []byte) []byte {
	start := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(payload, castagnoli))
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
	return append(dst, payload...)
}

// errTorn means that the file ends within a frame, or in a frame that was not
// written out before the machine stopped.
var errTorn = errors.New("the journal's last frame is not whole")

// damagedError is damage that is not the trace of an interrupted write.
type damagedError struct {
	offset int64
	what   string
}

// Error says where the file is damaged.
func (e *damagedError) Error() string {
	return fmt.Sprintf("the journal is damaged at byte %d: %s; restore the directory from a copy, or cut the file there and lose what follows", e.offset, e.what)
}

// readFrames calls each with the payloads of a journal of the given size, and
// returns how many bytes are whole frames: less than size when the end is torn.
func readFrames(r io.Reader, size int64, each func(payload []byte) error) (whole int64, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	magic := make([]byte, min(size, int64(len(journalMagic))))
	if _, err := io.ReadFull(in, magic); err != nil {
		return 0, err
	}
	if string(magic) != journalMagic[:len(magic)] {
		return 0, &damagedError{0, "it is no journal of a schema registry"}
	}
	if len(magic) < len(journalMagic) {
		return 0, nil
	}
	whole = int64(len(journalMagic))
	var buf []byte
	for whole < size {
		n, err := readFrame(in, whole, size, &buf)
		if errors.Is(err, errTorn) {
			return whole, nil
		}
		if err != nil {
			return whole, err
		}
		if err := each(buf); err != nil {
			return whole, &damagedError{whole, err.Error()}
		}
		whole += n
	}
	return whole, nil
}

// readFrame reads the frame at offset into buf and returns its length with the header.
func readFrame(in *bufio.Reader, offset, size int64, buf *[]byte) (int64, error) {
	left := size - offset
	if left < frameHeader {
		return 0, errTorn
	}
	var header [frameHeader]byte
	if _, err := io.ReadFull(in, header[:]); err != nil {
		return 0, err
	}
	length := int64(binary.LittleEndian.Uint32(header[:]))
	if crc32.Checksum(header[:8], castagnoli) != binary.LittleEndian.Uint32(header[8:]) {
		if header == [frameHeader]byte{} && onlyZeros(in) {
			return 0, errTorn // the file had grown, but nothing was written into it yet
		}
		return 0, &damagedError{offset, "the header of a frame does not match its checksum"}
	}
	if length > maxPayload {
		return 0, &damagedError{offset, fmt.Sprintf("a frame of %d bytes", length)}
	}
	if length > left-frameHeader {
		return 0, errTorn
	}
	if int64(cap(*buf)) < length {
		*buf = make([]byte, length)
	}
	*buf = (*buf)[:length]
	if _, err := io.ReadFull(in, *buf); err != nil {
		return 0, err
	}
	if crc32.Checksum(*buf, castagnoli) != binary.LittleEndian.Uint32(header[4:]) {
		if frameHeader+length == left {
			return 0, errTorn
		}
		return 0, &damagedError{offset, "a frame does not match its checksum"}
	}
	return frameHeader + length, nil
}

// onlyZeros reports whether nothing but zero bytes follows.
func onlyZeros(in *bufio.Reader) bool {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		if b != 0 {
			return false
		}
	}
}
