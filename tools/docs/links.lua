-- SPDX-License-Identifier: GPL-2.0
-- The name of a page, as `docs/contract.md`, becomes a link to it: of those pages that the variable 'pages' names.
local pages = {}

function Meta(meta)
	for page in pandoc.utils.stringify(meta.pages or ""):gmatch("%S+") do
		pages[page] = true
	end
end

function Code(code)
	local page = code.text:match("^([%w-]+)%.md$") or code.text:match("^docs/([%w-]+)%.md$")
	return page and pages[page] and pandoc.RawInline("rst", ":doc:`/" .. page:lower() .. "`") or nil
end

return { { Meta = Meta }, { Code = Code } }
