-- SPDX-License-Identifier: GPL-2.0
-- A link to, or the name of, one of the pages that the variable 'pages' names becomes a link to the built page. Other files of
-- the checkout are no part of what is built, so of a link to one only the text stays.
local pages = {}

function Meta(meta)
	for page in pandoc.utils.stringify(meta.pages or ""):gmatch("%S+") do
		pages[page] = true
	end
end

local function named(path)
	local page = path:match("([%w-]+)%.md$")
	return page and pages[page] and page:lower()
end

function Code(code)
	local page = not code.text:match("%s") and named(code.text)
	return page and pandoc.RawInline("rst", ":doc:`/" .. page .. "`") or nil
end

function Link(link)
	local path, anchor = link.target:match("^([^#]*)(#?.*)$")
	if path == "" or path:match("^%a+:") then
		return nil
	end
	local page = named(path)
	if page then
		-- reStructuredText has no markup within a link.
		return pandoc.Link(pandoc.utils.stringify(link), page .. ".html" .. anchor)
	end
	return pandoc.Code(pandoc.utils.stringify(link))
end

return { { Meta = Meta }, { Code = Code, Link = Link } }
