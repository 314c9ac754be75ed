package bench

import "unicode/utf8"

func appendEvent(b []byte, e *userEvent) ([]byte, error) {
	if !valid(e.ID, e.UserID, e.Device.OS, e.Device.Model) {
		return nil, errValue
	}
	b = appendString(b, e.ID)
	b = appendString(b, e.UserID)
	b = appendLong(b, e.EventTime)
	b = appendLong(b, int64(e.Sequence))
	b = appendDouble(b, e.Score)
	b = appendBoolean(b, e.Active)
	b, err := appendOptional(b, e.Referrer)
	if err != nil {
		return nil, err
	}
	switch e.Action {
	case "VIEW":
		b = append(b, 0)
	case "CLICK":
		b = append(b, 2)
	case "PURCHASE":
		b = append(b, 4)
	default:
		return nil, errValue
	}
	b = appendString(b, e.Device.OS)
	b = appendString(b, e.Device.Model)
	b = appendLong(b, int64(e.Device.Memory))
	if len(e.Tags) > 0 {
		b = appendLong(b, int64(len(e.Tags)))
		for _, t := range e.Tags {
			if !utf8.ValidString(t) {
				return nil, errValue
			}
			b = appendString(b, t)
		}
	}
	b = append(b, 0)
	if len(e.Attributes) > 0 {
		b = appendLong(b, int64(len(e.Attributes)))
		for k, v := range e.Attributes {
			if !valid(k, v) {
				return nil, errValue
			}
			b = appendString(appendString(b, k), v)
		}
	}
	b = append(b, 0)
	if len(e.Items) > 0 {
		b = appendLong(b, int64(len(e.Items)))
		for i := range e.Items {
			if !utf8.ValidString(e.Items[i].SKU) {
				return nil, errValue
			}
			b = appendString(b, e.Items[i].SKU)
			b = appendLong(b, int64(e.Items[i].Quantity))
			b = appendDouble(b, e.Items[i].Price)
		}
	}
	return append(b, 0), nil
}

func readEvent(payload []byte, strings strategy, e *userEvent) error {
	r := reading{b: payload, strings: strings}
	e.ID = r.string()
	e.UserID = r.string()
	e.EventTime = r.long()
	e.Sequence = r.int()
	e.Score = r.double()
	e.Active = r.boolean()
	e.Referrer = r.optional()
	e.Action = r.action()
	r.device(&e.Device)
	e.Tags = r.tags()
	e.Attributes = r.attributes()
	e.Items = r.items()
	return r.end()
}

func readLaterEvent(payload []byte, strings strategy, e *laterEvent) error {
	r := reading{b: payload, strings: strings}
	e.ID = r.string()
	e.UserID = r.string()
	e.EventTime = r.long()
	e.Sequence = int64(r.int())
	e.Score = r.double()
	r.boolean()
	e.Referrer = r.optional()
	e.Action = r.action()
	r.device(&e.Device)
	e.Tags = r.tags()
	e.Attributes = r.attributes()
	e.Items = r.items()
	e.Region = "eu"
	return r.end()
}

func (r *reading) action() string {
	switch r.long() {
	case 0:
		return "VIEW"
	case 1:
		return "CLICK"
	case 2:
		return "PURCHASE"
	}
	r.fail(errValue)
	return ""
}

func (r *reading) device(d *device) {
	d.OS = r.string()
	d.Model = r.string()
	d.Memory = r.int()
}

func (r *reading) tags() []string {
	tags := []string{}
	for n := r.block(1); n > 0; n = r.block(1) {
		if cap(tags) == 0 {
			tags = make([]string, 0, n)
		}
		for range n {
			tags = append(tags, r.string())
		}
	}
	return tags
}

func (r *reading) attributes() map[string]string {
	attributes := make(map[string]string)
	for n := r.block(2); n > 0; n = r.block(2) {
		for range n {
			k := r.string()
			attributes[k] = r.string()
		}
	}
	return attributes
}

func (r *reading) items() []item {
	items := []item{}
	for n := r.block(10); n > 0; n = r.block(10) {
		if cap(items) == 0 {
			items = make([]item, 0, n)
		}
		for range n {
			items = append(items, item{SKU: r.string(), Quantity: r.int(), Price: r.double()})
		}
	}
	return items
}

// eventValue reads without a Go type, into the form that goavro has.
func eventValue(payload []byte) (map[string]any, error) {
	r := reading{b: payload}
	m := make(map[string]any, 12)
	m["id"] = r.string()
	m["userId"] = r.string()
	m["eventTime"] = r.long()
	m["sequence"] = r.int()
	m["score"] = r.double()
	m["active"] = r.boolean()
	if r.present() {
		m["referrer"] = map[string]any{"string": r.string()}
	} else {
		m["referrer"] = nil
	}
	m["action"] = r.action()
	m["device"] = map[string]any{"os": r.string(), "model": r.string(), "memory": r.int()}
	tags := []any{}
	for n := r.block(1); n > 0; n = r.block(1) {
		for range n {
			tags = append(tags, r.string())
		}
	}
	m["tags"] = tags
	attributes := make(map[string]any)
	for n := r.block(2); n > 0; n = r.block(2) {
		for range n {
			k := r.string()
			attributes[k] = r.string()
		}
	}
	m["attributes"] = attributes
	items := []any{}
	for n := r.block(10); n > 0; n = r.block(10) {
		for range n {
			items = append(items, map[string]any{"sku": r.string(), "quantity": r.int(), "price": r.double()})
		}
	}
	m["items"] = items
	return m, r.end()
}
