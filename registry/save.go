package registry

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Save writes what a program needs to know of these subjects into a directory,
// for [NewDirectory]: every version, the soft-deleted ones too, since records
// written with them may still be read, and, as wholly, each subject that these
// refer to, directly or not. Without subjects it is all that the registry lists
// for the client, those of which everything is deleted included.
//
// Each subject becomes one file, whose name begins with the subject's. The bytes
// depend on nothing but what the registry has, so that files under version
// control change when a schema does. All is fetched before anything is written,
// and each file is replaced as a whole; where its content would be the same, it is
// left alone, and so is every other file of the directory. The directory is made
// if it is missing.
//
// It returns the subjects saved, sorted. Metadata are saved as the registry gives
// them, those that it calls sensitive included.
func Save(ctx context.Context, from *Client, dir string, subjects ...Subject) ([]Subject, error) {
	if from == nil || dir == "" {
		return nil, errors.New("registry: Save wants a client and a directory")
	}
	if len(subjects) == 0 {
		var err error
		if subjects, err = from.Subjects(ctx, IncludeDeleted()); err != nil {
			return nil, err
		}
		if len(subjects) == 0 {
			return nil, errors.New("registry: there is nothing to save: the registry has no subjects")
		}
	}
	s := saver{from: from, slots: make(chan struct{}, warmWidth), entries: make(map[Subject][]directoryEntry)}
	ctx, s.stop = context.WithCancelCause(ctx)
	defer s.stop(nil)
	for _, subject := range subjects {
		s.fetch(ctx, Subject(strings.TrimPrefix(string(from.of(subject)), ":.:")))
	}
	s.running.Wait()
	if s.err != nil {
		return nil, s.err
	}
	if err := s.write(dir); err != nil {
		return nil, fmt.Errorf("registry: saving schemas: %w", err)
	}
	return slices.Sorted(maps.Keys(s.entries)), nil
}

// saver fetches subjects, several at a time, each once.
type saver struct {
	from    *Client
	slots   chan struct{}
	running sync.WaitGroup
	stop    context.CancelCauseFunc

	mu      sync.Mutex
	entries map[Subject][]directoryEntry
	err     error // the first
}

func (s *saver) fetch(ctx context.Context, subject Subject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, seen := s.entries[subject]; seen || s.err != nil {
		return
	}
	s.entries[subject] = nil
	s.running.Go(func() {
		s.slots <- struct{}{}
		entries, err := s.versions(ctx, subject)
		<-s.slots
		s.mu.Lock()
		if err == nil {
			s.entries[subject] = entries
		} else if s.err == nil {
			s.err = err
			s.stop(err)
		}
		s.mu.Unlock()
		for _, e := range entries {
			for _, ref := range e.References {
				s.fetch(ctx, beside(subject, ref.Subject))
			}
		}
	})
}

func (s *saver) versions(ctx context.Context, place Subject) ([]directoryEntry, error) {
	subject := place
	if s.from.context != "" && contextOf(place) == "" {
		subject = ":.:" + place // or the client would take it for one of its own context
	}
	all, err := s.from.Versions(ctx, subject, IncludeDeleted())
	if err != nil {
		return nil, err
	}
	live, err := s.from.Versions(ctx, subject)
	if err != nil && !errors.Is(err, ErrSubjectNotFound) { // all of them are deleted
		return nil, err
	}
	all = append(all, live...) // which may have one that has just come
	slices.Sort(all)
	var entries []directoryEntry
	for _, v := range slices.Compact(all) {
		r, err := s.from.Version(ctx, subject, v)
		if err != nil {
			return nil, err
		}
		e := directoryEntry{wireSchema: wireOf(r.Schema), Deleted: !slices.Contains(live, v)}
		id, version := int64(r.ID), int64(v)
		e.Subject, e.ID, e.Version = place, &id, &version
		if !r.GUID.IsZero() {
			e.GUID = r.GUID.String()
		}
		entries = append(entries, e)
	}
	if len(entries) == 0 {
		return nil, newRequest(http.MethodGet, routeVersions, string(subject)).refuse(ErrSubjectNotFound, "the subject has no versions")
	}
	return entries, nil
}

// write writes all files beside those that they replace, and then replaces them,
// so that a full disk leaves the directory as it was.
func (s *saver) write(dir string) (err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil { // less what the process's mask takes
		return err
	}
	var fresh []freshFile
	defer func() {
		for _, f := range fresh {
			err = errors.Join(err, os.Remove(f.temporary))
		}
	}()
	for _, subject := range slices.Sorted(maps.Keys(s.entries)) {
		data, err := s.render(subject)
		if err != nil {
			return err
		}
		name := filepath.Join(dir, snapshotName(subject))
		if was, err := os.ReadFile(name); err == nil && bytes.Equal(was, data) {
			continue
		}
		// A Directory reads no name that begins with a dot.
		f := freshFile{filepath.Join(dir, ".schema-"+rand.Text()+".tmp"), name}
		file, err := os.OpenFile(f.temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		fresh = append(fresh, f)
		_, err = file.Write(data)
		if err == nil {
			err = file.Sync()
		}
		if err = errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	for len(fresh) > 0 {
		if err := os.Rename(fresh[0].temporary, fresh[0].name); err != nil {
			return err
		}
		fresh = fresh[1:]
	}
	return nil
}

type freshFile struct{ temporary, name string }

func (s *saver) render(subject Subject) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(s.entries[subject])
	return b.Bytes(), err
}
