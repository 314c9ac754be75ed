package registryserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

const (
	journalName = "registry.journal"
	lockName    = "registry.lock"

	// The journal is written anew when it is longer than defaultCompactAt and has
	// this many times the ops that the state needs.
	defaultCompactAt = 1 << 20
	compactRatio     = 2

	// snapshotFrame is about how much of a snapshot goes into one frame.
	snapshotFrame = 1 << 20
)

var errClosed = errors.New("the registry is closed")

// journal keeps the ops of a directory. Ops are appended in the order in which
// they are applied; whoever must know that they are durable calls wait, and the
// first of those who wait writes and syncs for all. A nil *journal keeps nothing.
type journal struct {
	dir       string
	lock      io.Closer
	compactAt int64

	durable atomic.Uint64 // ops known to be on disk

	mu       sync.Mutex
	flushed  sync.Cond // durable, err or flushing changed
	flushing bool      // somebody writes; file and size are theirs
	pending  []op
	appended uint64
	err      error // sticky: what is in memory is ahead of what is on disk
	file     *os.File
	size     int64
	inFile   int // ops in the file
}

// openJournal locks a directory, made if need be, and gives each op kept in it to
// apply. A frame at the end that an interrupted process left behind is cut off.
func openJournal(dir string, compactAt int64, apply func(op) error) (j *journal, cut int64, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, 0, err
	}
	if err := syncDir(filepath.Dir(dir)); err != nil { // the directory may be new
		return nil, 0, err
	}
	lock, err := lockFile(filepath.Join(dir, lockName))
	if err != nil {
		return nil, 0, fmt.Errorf("directory %s: %w", dir, err)
	}
	defer func() {
		if err != nil {
			lock.Close()
		}
	}()
	file, err := os.OpenFile(filepath.Join(dir, journalName), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, 0, err
	}
	j = &journal{dir: dir, lock: lock, compactAt: compactAt, file: file}
	j.flushed.L = &j.mu
	if cut, err = j.replay(apply); err != nil {
		file.Close()
		return nil, 0, fmt.Errorf("%s: %w", file.Name(), err)
	}
	return j, cut, nil
}

// replay reads the file, cuts off a torn end, and leaves the file ready for appending.
func (j *journal) replay(apply func(op) error) (cut int64, err error) {
	info, err := j.file.Stat()
	if err != nil {
		return 0, err
	}
	whole, err := readFrames(j.file, info.Size(), func(payload []byte) error {
		var ops []op
		if err := json.Unmarshal(payload, &ops); err != nil {
			return err
		}
		for _, o := range ops {
			if err := apply(o); err != nil {
				return err
			}
		}
		j.inFile += len(ops)
		return nil
	})
	if err != nil {
		return 0, err
	}
	j.size = whole
	cut = info.Size() - whole
	if cut > 0 {
		if err := j.file.Truncate(whole); err != nil {
			return 0, err
		}
	}
	if _, err := j.file.Seek(whole, io.SeekStart); err != nil {
		return 0, err
	}
	if whole == 0 {
		n, err := j.file.WriteString(journalMagic)
		if err != nil {
			return 0, err
		}
		j.size = int64(n)
	}
	if cut > 0 || whole == 0 {
		if err := errors.Join(j.file.Sync(), syncDir(j.dir)); err != nil {
			return 0, err
		}
	}
	return cut, nil
}

// append takes ops that were applied; the caller's lock keeps their order.
func (j *journal) append(ops []op) {
	if j == nil {
		return
	}
	j.mu.Lock()
	j.pending = append(j.pending, ops...)
	j.appended += uint64(len(ops))
	j.mu.Unlock()
}

// mark is how many ops there are so far, for wait.
func (j *journal) mark() uint64 {
	if j == nil {
		return 0
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.appended
}

// wait returns when the first mark ops are durable. compact, called without any lock
// of the journal's after a write, may write the file anew.
func (j *journal) wait(mark uint64, compact func() error) error {
	if j == nil || j.durable.Load() >= mark {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.durable.Load() < mark && j.err == nil {
		if j.flushing {
			j.flushed.Wait()
			continue
		}
		j.flushing = true
		j.mu.Unlock()
		b := j.takePending()
		err := j.write(b.ops)
		if err == nil {
			j.durable.Store(b.upTo)
			err = compact()
		}
		j.mu.Lock()
		j.err = errors.Join(j.err, err)
		j.flushing = false
		j.flushed.Broadcast()
	}
	if j.durable.Load() >= mark {
		return nil
	}
	return j.err
}

// write appends one frame and syncs it. Only the one who set flushing calls it.
func (j *journal) write(ops []op) error {
	payload, err := json.Marshal(ops)
	if err != nil {
		return err
	}
	if len(payload) > maxPayload {
		return fmt.Errorf("a change of %d bytes is too large for the journal", len(payload))
	}
	frame := appendFrame(nil, payload)
	if _, err := j.file.Write(frame); err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		return err
	}
	j.size += int64(len(frame))
	j.inFile += len(ops)
	return nil
}

// crowded reports whether the file holds much that is overtaken; live is how many
// ops the state needs. Only the one who set flushing calls it.
func (j *journal) crowded(live int) bool {
	return j.size > j.compactAt && j.inFile > compactRatio*max(live, 1)
}

// batch are ops that were appended but not written, and the mark after them.
type batch struct {
	ops  []op
	upTo uint64
}

// takePending takes the ops over that wait to be written. Only the one who set
// flushing calls it.
func (j *journal) takePending() batch {
	j.mu.Lock()
	defer j.mu.Unlock()
	b := batch{j.pending, j.appended}
	j.pending = nil
	return b
}

// compact writes the file anew from a snapshot of the state, which has the pending
// ops in it. Where that fails, the old file goes on, and failed tells why; err is
// only what makes the journal useless. Only the one who set flushing calls it.
func (j *journal) compact(snapshot []op, pending batch) (failed, err error) {
	if failed = j.rewrite(snapshot); failed != nil && len(pending.ops) > 0 {
		if err := j.write(pending.ops); err != nil {
			return failed, err
		}
	}
	j.durable.Store(pending.upTo)
	return failed, nil
}

// rewrite puts a snapshot in the file's place: written beside it, synced, renamed.
// Until the rename the old file counts, after it the new one. Only the one who set
// flushing calls it, or the one who has opened the journal and not shared it yet.
func (j *journal) rewrite(snapshot []op) (err error) {
	path := filepath.Join(j.dir, journalName)
	file, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	renamed := false
	defer func() {
		if !renamed {
			file.Close()
			os.Remove(file.Name())
		}
	}()
	size, ops, err := writeSnapshot(file, snapshot)
	if err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := replaceFile(file, j.file, path); err != nil {
		return err
	}
	renamed = true
	j.file.Close()
	if file, err = reopen(file, path); err != nil {
		return err
	}
	j.file, j.size, j.inFile = file, size, ops
	return syncDir(j.dir)
}

func writeSnapshot(w io.Writer, snapshot []op) (size int64, ops int, err error) {
	put := func(b []byte) {
		if err == nil {
			var n int
			n, err = w.Write(b)
			size += int64(n)
		}
	}
	put([]byte(journalMagic))
	payload := []byte{'['}
	flush := func() {
		if len(payload) > 1 {
			put(appendFrame(nil, append(payload, ']')))
		}
		payload = append(payload[:0], '[')
	}
	for _, o := range snapshot {
		one, merr := json.Marshal(o)
		if merr != nil {
			return size, ops, merr
		}
		if len(payload) > 1 {
			payload = append(payload, ',')
		}
		payload = append(payload, one...)
		ops++
		if len(payload) > snapshotFrame {
			flush()
		}
		if err != nil {
			break
		}
	}
	flush()
	return size, ops, err
}

// close makes all durable and gives the directory free.
func (j *journal) close() error {
	if j == nil {
		return nil
	}
	err := j.wait(j.mark(), func() error { return nil })
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.flushing {
		j.flushed.Wait()
	}
	if j.err == nil {
		j.err = errClosed
	} else if errors.Is(j.err, errClosed) {
		return nil
	}
	return errors.Join(err, j.file.Close(), j.lock.Close())
}
