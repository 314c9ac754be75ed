package bench

// chartDepth is how deep a chart may be: whoever sends one decides.
const chartDepth = 1000

func appendCompany(b []byte, c *company) ([]byte, error) {
	country := &c.Region.Country
	site := &country.City.Site
	if !valid(c.Name, c.Region.Name, country.Name, country.City.Name, site.Name, site.Team.Name) {
		return nil, errValue
	}
	b = appendString(appendLong(b, int64(c.ID)), c.Name)
	b = appendString(appendLong(b, int64(c.Region.ID)), c.Region.Name)
	b = appendString(appendLong(b, int64(country.ID)), country.Name)
	b = appendString(appendLong(b, int64(country.City.ID)), country.City.Name)
	b = appendString(appendLong(b, int64(site.ID)), site.Name)
	b = appendLong(b, int64(site.Floors))
	b = appendString(appendLong(b, int64(site.Team.ID)), site.Team.Name)
	return appendUnit(b, &site.Team.Chart, chartDepth)
}

func appendUnit(b []byte, u *unit, depth int) ([]byte, error) {
	if depth == 0 || !valid(u.Name) {
		return nil, errValue
	}
	b = appendLong(appendString(b, u.Name), u.Budget)
	var err error
	if u.Left == nil {
		b = append(b, 0)
	} else if b, err = appendUnit(append(b, 2), u.Left, depth-1); err != nil {
		return nil, err
	}
	if u.Right == nil {
		return append(b, 0), nil
	}
	return appendUnit(append(b, 2), u.Right, depth-1)
}

func readCompany(payload []byte, strings strategy, c *company) error {
	r := reading{b: payload, strings: strings}
	c.ID, c.Name = r.int(), r.string()
	c.Region.ID, c.Region.Name = r.int(), r.string()
	country := &c.Region.Country
	country.ID, country.Name = r.int(), r.string()
	country.City.ID, country.City.Name = r.int(), r.string()
	site := &country.City.Site
	site.ID, site.Name = r.int(), r.string()
	site.Floors = r.int()
	site.Team.ID, site.Team.Name = r.int(), r.string()
	r.unit(&site.Team.Chart, chartDepth)
	return r.end()
}

func readLaterCompany(payload []byte, strings strategy, c *laterCompany) error {
	r := reading{b: payload, strings: strings}
	c.ID, c.Name = r.int(), r.string()
	c.Region.ID, c.Region.Name = r.int(), r.string()
	country := &c.Region.Country
	country.ID, country.Name = r.int(), r.string()
	country.City.ID, country.City.Name = int64(r.int()), r.string()
	site := &country.City.Site
	site.ID, site.Name = r.int(), r.string()
	r.int()
	site.Team.ID, site.Team.Name = r.int(), r.string()
	r.unit(&site.Team.Chart, chartDepth)
	site.Team.Lead = "nobody"
	return r.end()
}

func (r *reading) unit(u *unit, depth int) {
	if depth == 0 {
		r.fail(errValue)
		return
	}
	u.Name, u.Budget = r.string(), r.long()
	if r.present() {
		u.Left = new(unit)
		r.unit(u.Left, depth-1)
	}
	if r.present() {
		u.Right = new(unit)
		r.unit(u.Right, depth-1)
	}
}

func companyValue(payload []byte) (map[string]any, error) {
	r := reading{b: payload}
	m := map[string]any{"id": r.int(), "name": r.string(), "region": map[string]any{
		"id": r.int(), "name": r.string(), "country": map[string]any{
			"id": r.int(), "name": r.string(), "city": map[string]any{
				"id": r.int(), "name": r.string(), "site": map[string]any{
					"id": r.int(), "name": r.string(), "floors": r.int(), "team": map[string]any{
						"id": r.int(), "name": r.string(), "chart": r.unitValue(chartDepth)}}}}}}
	return m, r.end()
}

func (r *reading) unitValue(depth int) map[string]any {
	if depth == 0 {
		r.fail(errValue)
		return nil
	}
	m := make(map[string]any, 4)
	m["name"], m["budget"] = r.string(), r.long()
	m["left"], m["right"] = nil, nil
	if r.present() {
		m["left"] = map[string]any{"com.example.Unit": r.unitValue(depth - 1)}
	}
	if r.present() {
		m["right"] = map[string]any{"com.example.Unit": r.unitValue(depth - 1)}
	}
	return m
}
