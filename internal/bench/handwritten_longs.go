package bench

func appendSeries(b []byte, s *series) ([]byte, error) {
	b = appendLong(b, int64(s.Channel))
	b = appendLong(b, int64(s.Offset))
	if len(s.Values) > 0 {
		b = appendLong(b, int64(len(s.Values)))
		for _, v := range s.Values {
			b = appendLong(b, v)
		}
	}
	return append(b, 0), nil
}

func readSeries(payload []byte, _ strategy, s *series) error {
	r := reading{b: payload}
	s.Channel = r.int()
	s.Offset = r.int()
	s.Values = r.longs()
	return r.end()
}

func readLaterSeries(payload []byte, _ strategy, s *laterSeries) error {
	r := reading{b: payload}
	s.Channel = int64(r.int())
	r.int()
	s.Values = r.longs()
	s.Unit = "ms"
	return r.end()
}

func (r *reading) longs() []int64 {
	values := []int64{}
	for n := r.block(1); n > 0; n = r.block(1) {
		if cap(values) == 0 {
			values = make([]int64, 0, n)
		}
		for range n {
			values = append(values, r.long())
		}
	}
	return values
}

func seriesValue(payload []byte) (map[string]any, error) {
	r := reading{b: payload}
	m := make(map[string]any, 3)
	m["channel"] = r.int()
	m["offset"] = r.int()
	values := []any{}
	for n := r.block(1); n > 0; n = r.block(1) {
		if cap(values) == 0 {
			values = make([]any, 0, n)
		}
		for range n {
			values = append(values, r.long())
		}
	}
	m["values"] = values
	return m, r.end()
}
