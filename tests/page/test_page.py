"""The report's page in a real browser: what it shows is what queries answer, and nothing in it acts or leaves it."""

import os
import pathlib
import tempfile
import unittest

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from .browser import Browser
from .case import PageCase
from .project import AGENTS, Project, data_of

PICTURES = os.environ.get("PAGE_PICTURES")


class PageTest(PageCase):
    def test_figures_are_those_of_the_queries(self):
        trend = self.project.rows("hourly-trend")
        self.assertEqual(self.figure("Requests"), f"{sum(row['requests'] for row in trend):,}")
        refused = sum(row["client_errors"] for row in trend)
        self.assertIn(f"{refused:,} requests", self.tile("Refused, 4xx").text)
        top = self.project.rows("top-operations", "--param", "limit=1")[0]
        first = self.table("Operations")[0]
        self.assertEqual(first[:2], [top["operation"], f"{top['requests']:,}"])
        denied = len(self.project.rows("access-denied"))
        self.assertIn(f"Requests refused with 403\n{denied:,} row", self.find("#findings").text)

    def test_checks_without_findings_are_told_apart(self):
        check = lambda at, **more: {"title": f"Check {at}", "query": f"check-{at}"} | more

        def change(data):
            findings = data["findings"]
            findings["clean"] = [check(1), check(2)]
            findings["unasked"] = [check(3)]
            findings["left_out"] = [check(4, lacks="CloudTrail"), check(5, lacks="access logs"), check(6, lacks="CloudTrail")]
            for one in findings["found"]:
                one["commands"] = ["ask of all"] + ([f"ask of {scope['label']}" for scope in data["scopes"][1:]] if one["scopes"] else [])
                one["scopes"] = [2] * len(data["scopes"]) if one["scopes"] else []

        page = self.project.altered("checks.html", change)
        self.pages.add(page)
        self.browser.open(page.as_uri())
        lists = "return [...document.querySelectorAll('#findings > .figures')].map((one) => [one.querySelector('summary').textContent, ...[...one.querySelectorAll('li')].map((item) => item.textContent)])"
        self.assertEqual(self.browser.js(lists), [
            ["2 checks found nothing", "Check 1 check-1", "Check 2 check-2"],
            ["1 check was not asked: it needs a parameter", "Check 3 check-3"],
            ["2 checks were left out: the lake has no records of CloudTrail for them", "Check 4 check-4", "Check 6 check-6"],
            ["1 check was left out: the lake has no records of access logs for it", "Check 5 check-5"],
        ])
        commands = lambda: set(self.browser.js("return [...document.querySelectorAll('.finding .code.line code')].map((one) => one.textContent)"))
        self.assertEqual(commands(), {"ask of all"})
        self.assertNotIn("of all buckets", self.tile("Findings").text)
        self.choose("hostile")
        self.assertEqual(commands(), {"ask of hostile", "ask of all"})
        elsewhere = len([one for one in data_of(page)["findings"]["found"] if not one["scopes"]])
        self.assertRegex(self.tile("Findings").text, rf"\w+ of high severity; {elsewhere} of all buckets$")

    def test_rows_and_others_add_up_to_all(self):
        whole = self.requests()
        for table in ("Operations", "Status classes", "Requesters", "Addresses", "Key prefixes", "User agents", "TLS versions"):
            self.assertEqual(self.sums(table)[1], f"{whole:,}", table)

    def test_a_bucket_changes_every_figure(self):
        self.choose("hostile")
        self.assertEqual(self.figure("Requests"), str(len(AGENTS)))
        self.assertEqual(self.table("Operations"), [["REST.GET.OBJECT", "4", "1", "0", "452 B", "0 B", "0"]])
        self.assertEqual([row[0] for row in self.table("Buckets")], ["hostile"])
        self.assertEqual(len(self.table("User agents")), len(AGENTS))
        self.assertEqual([row[:2] for row in self.table("Latency")], [["REST.GET.OBJECT", "4"]])
        self.assertIn("Requests refused with 403\n1 row", self.find("#findings").text)
        self.assertEqual(self.find("#told").get_attribute("aria-live"), "polite")
        bucket = self.browser.js("return document.querySelector('#scope').options[1].textContent")
        self.choose(bucket)
        self.assertEqual(self.figure("Requests"), f"{self.requests('--bucket', bucket):,}")
        self.choose("All buckets")
        self.assertEqual(self.figure("Requests"), f"{self.requests():,}")

    def test_charts_are_drawn_with_the_figures_below_them(self):
        self.assertEqual(len(self.browser.driver.find_elements(By.CSS_SELECTOR, ".chart canvas")), 5)
        drawn = """
          return [...document.querySelectorAll(".chart canvas")].map((canvas) => {
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            const colours = new Set();
            for (let at = 0; at < pixels.length; at += 4) if (pixels[at + 3] === 255) colours.add(pixels[at] + "," + pixels[at + 1] + "," + pixels[at + 2]);
            return colours.size;
          });
        """
        self.assertTrue(all(colours > 2 for colours in self.browser.js(drawn)), "an empty chart")
        self.open(self.find("#traffic .figures"))
        rows = self.table("Requests by hour")
        by_hour = {row["hour"][:16].replace("T", " "): row["requests"] for row in self.project.rows("hourly-trend")}
        self.assertGreater(len(rows), 20)
        for hour, requests, _ in rows:
            self.assertEqual(int(requests.replace(",", "")), by_hour[hour], hour)

    def test_dragging_zooms_all_charts_and_reset_shows_all(self):
        before = self.figure("Requests")
        chart = self.find("#traffic .u-over")
        self.browser.js("arguments[0].scrollIntoView({block: 'center'})", chart)
        width = chart.size["width"]
        ActionChains(self.browser.driver).move_to_element_with_offset(chart, -width // 4, 0).click_and_hold().move_by_offset(width // 4, 0).release().perform()
        start, end = self.find("#zoom").text.split(" to ")
        stamp = lambda text: (text if " " in text else text + " 00:00").replace(" ", "T") + ":00Z"
        zoomed = self.requests("--from", stamp(start), "--to", stamp(end))
        self.assertEqual(self.figure("Requests"), f"{zoomed:,}")
        self.assertNotEqual(self.figure("Requests"), before)
        self.find("#reset").click()
        self.assertEqual((self.figure("Requests"), self.find("#zoom").text), (before, "all of it"))

    def test_keys_read_and_zoom_a_chart(self):
        chart = self.find("#traffic .chart")
        self.browser.js("arguments[0].focus()", chart)
        keys = ActionChains(self.browser.driver)
        keys.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT).pause(0.3).perform()
        self.assertRegex(self.find("#told").get_attribute("textContent"), r"UTC, Requests [\d,]+, Unauthenticated")
        ActionChains(self.browser.driver).send_keys("+").perform()
        self.assertNotEqual(self.find("#zoom").text, "all of it")
        ActionChains(self.browser.driver).send_keys(Keys.ESCAPE).perform()
        self.assertEqual(self.find("#zoom").text, "all of it")
        # The first stop is the link past the head, the next ones are its links and controls.
        self.browser.open(self.project.page.as_uri())
        stops = []
        for _ in range(5):
            ActionChains(self.browser.driver).send_keys(Keys.TAB).perform()
            stops.append(self.browser.js("return document.activeElement.className || document.activeElement.id || document.activeElement.textContent"))
        self.assertEqual(stops, ["skip", "scope", "zoom-in", "theme", "Findings"])

    def test_hostile_text_is_text(self):
        self.choose("hostile")
        shown = "\n".join(row[0] for row in self.table("User agents"))
        for agent in AGENTS[:3]:
            self.assertIn(agent, shown)
        self.assertIn("turned \\u{202e} around \\u{2028} and \\u{2066} hidden \\u{200b}", shown)
        self.assertIn("<b>eve</b>", self.table("Requesters")[0][0])
        self.assertIn("<script>window.hit=4</", self.table("Key prefixes")[0][0])
        self.assertEqual(self.browser.js("return document.querySelectorAll('main script, main img, main b').length"), 0)

    def test_tables_are_sorted_by_any_column(self):
        self.browser.js("""
          const table = [...document.querySelectorAll("table")].find((one) => one.caption.textContent.startsWith("Operations"));
          [...table.tHead.querySelectorAll("button")].find((one) => one.textContent === "Sent").click();
        """)
        by_bytes = max(self.project.rows("top-operations", "--param", "limit=100"), key=lambda row: row["bytes_sent"])
        self.assertEqual(self.table("Operations")[0][0], by_bytes["operation"])
        sorts = self.browser.js("return [...document.querySelectorAll('th[aria-sort]')].map((one) => one.textContent + one.ariaSort)")
        self.assertIn("Sentdescending", sorts)

    def test_the_sql_on_the_page_gives_its_figures(self):
        details = self.open(self.panel("breakdowns", "Buckets").find_element(By.CSS_SELECTOR, ".sql"))
        sql = details.find_element(By.CSS_SELECTOR, "pre").text
        self.assertNotIn("?", sql)
        rows = self.project.rows("--sql", sql)
        shown = {row[0]: row[1] for row in self.table("Buckets")}
        self.assertEqual(shown, {row["bucket_name"]: f"{row['requests']:,}" for row in rows})
        button = details.find_element(By.CSS_SELECTOR, ".copy")
        self.browser.js("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()
        WebDriverWait(self.browser.driver, 5).until(lambda _: button.text.startswith("Copied"))

    def test_names_roles_and_heads_are_there_for_those_who_do_not_see(self):
        self.assertEqual(self.browser.js("return ['header', 'nav', 'main', 'footer', 'h1'].map((one) => document.querySelectorAll(one).length)"), [1, 1, 1, 1, 1])
        unnamed = """
          const problems = [];
          for (const table of document.querySelectorAll("table")) if (!table.caption?.textContent) problems.push("table");
          for (const button of document.querySelectorAll("button")) if (!button.textContent.trim()) problems.push("button");
          for (const select of document.querySelectorAll("select")) if (select.labels.length === 0) problems.push(select.id);
          for (const chart of document.querySelectorAll(".chart")) if (!chart.ariaLabel || chart.tabIndex !== 0) problems.push("chart");
          const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((head) => Number(head.tagName[1]));
          levels.forEach((level, at) => { if (at > 0 && level > levels[at - 1] + 1) problems.push("h" + level + " after h" + levels[at - 1]); });
          return problems;
        """
        self.assertEqual(self.browser.js(unnamed), [])

    def test_what_a_screen_reader_is_told_has_names(self):
        self.browser.driver.execute_cdp_cmd("Accessibility.enable", {})
        nodes = self.browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        self.browser.driver.execute_cdp_cmd("Accessibility.disable", {})
        told = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]
        named = ("button", "link", "combobox", "table", "region", "image", "navigation", "columnheader", "rowheader", "heading", "DisclosureTriangle")
        self.assertEqual([role for role, name in told if role in named and not name.strip()], [])
        names = [name for role, name in told if role in named or role == "group"]
        # A name is that of one button, one column of a table.
        self.assertEqual([name for role, name in told if role == "button" and name.strip() in ("Copy", "Show fewer")], [])
        columns = self.browser.js("return [...document.querySelectorAll('table')].map((table) => [...table.tHead.rows[0].cells].map((cell) => cell.textContent))")
        self.assertEqual([heads for heads in columns if len(set(heads)) < len(heads)], [])
        self.assertEqual(self.browser.js("return [...document.querySelectorAll('.more')].filter((one) => one.getAttribute('aria-expanded') !== 'false').length"), 0)
        for part in ("Findings", "Traffic", "Requests over time", "Turn-around time: a range for each operation", "Operations, All buckets", "Table of Requests", "SQL of CloudTrail"):
            self.assertTrue(any(name.startswith(part) for name in names), part)
        # Only what can be worked with is a stop, and each can be seen.
        stops = self.browser.js("""
          return [...document.querySelectorAll("a, button, select, input, summary, [tabindex='0']")].filter((one) => one.tabIndex === 0 && one.offsetParent && one.className !== "skip")
            .filter((one) => one.getBoundingClientRect().width < 4 || (one.className === "scroll" && one.scrollWidth <= one.clientWidth)).map((one) => one.outerHTML);
        """)
        self.assertEqual(stops, [])

    def test_paper_is_light_and_has_whole_charts(self):
        self.browser.size(1600, 900, "dark")
        self.browser.open(self.project.page.as_uri())
        self.browser.js("dispatchEvent(new Event('beforeprint'))")
        printed = self.browser.js("""
          return [document.documentElement.dataset.theme, ...new Set([...document.querySelectorAll(".chart .uplot")].map((one) => one.clientWidth <= 700))];
        """)
        self.assertEqual(printed, ["light", True])
        self.browser.js("dispatchEvent(new Event('afterprint'))")
        self.assertEqual(self.browser.js("return document.documentElement.dataset.theme"), "dark")
        self.assertGreater(self.browser.js("return document.querySelector('.chart .uplot').clientWidth"), 1000)
        pdf = self.browser.driver.execute_cdp_cmd("Page.printToPDF", {})["data"]
        self.assertGreater(len(pdf), 10_000)

    def test_paper_says_what_was_chosen(self):
        self.choose("hostile")
        self.browser.js("document.getElementById('zoom-in').click()")
        zoom = self.find("#zoom").text
        self.assertFalse(self.find("#shown").is_displayed())
        self.browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        said = self.find("#shown").text
        self.browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        self.assertEqual(said, f"Bucket: hostile. Charts, their tables and the figures at the top: {zoom}, UTC.")
        self.choose("All buckets")
        self.find("#reset").click()
        self.assertEqual(self.find("#shown").get_attribute("textContent"), "")

    def test_the_focus_stays_where_something_was_chosen(self):
        focused = "return document.activeElement.id"
        enter = lambda: ActionChains(self.browser.driver).send_keys(Keys.ENTER).pause(0.1).perform()
        self.browser.js("[...document.querySelectorAll('.pick')].find((one) => one.textContent === 'hostile').focus()")
        enter()
        self.assertEqual((self.browser.js(focused), self.figure("Requests")), ("scope", str(len(AGENTS))))
        for end in ("reset", "zoom-out"):
            self.browser.js("document.getElementById('zoom-in').focus()")
            enter()
            self.assertEqual(self.browser.js(focused), "zoom-in")
            self.browser.js("document.getElementById(arguments[0]).focus()", end)
            enter()
            self.assertEqual((self.browser.js(focused), self.find("#zoom").text), ("zoom", "all of it"))

    def test_the_head_covers_nothing_that_is_gone_to(self):
        for width in (1400, 860, 700, 500):
            self.browser.size(width, 900)
            self.browser.open(self.project.page.as_uri())
            for section in ("traffic", "costs"):
                self.browser.js("location.hash = arguments[0]", section)
                covered = "const head = document.querySelector('.top'); return getComputedStyle(head).position === 'sticky' ? head.getBoundingClientRect().bottom : 0"
                top = self.browser.js("return document.querySelector(location.hash).getBoundingClientRect().top")
                self.assertGreaterEqual(top, self.browser.js(covered), (width, section))
                self.assertLess(top, 300, (width, section))

    def test_a_long_name_fits_a_narrow_window_and_names_differ_there(self):
        names = ["company-production-datalake-curated-zone-parquet-eu-central-1-" + end for end in "ab"]

        def change(data):
            data["scopes"][1]["label"] = names[0]
            rows = data["access"]["breakdowns"][0]["scopes"][0]
            for row, name in zip(rows, names):
                row["v"] = 3 * "/a-long-part-of-a-name" + name

        page = self.project.altered("names.html", change)
        self.pages.add(page)
        self.browser.size(390, 900)
        self.browser.open(page.as_uri())
        self.assertLessEqual(self.browser.js("return document.documentElement.scrollWidth"), 390)
        # Their ends tell them apart, so these are not cut off.
        self.assertEqual(self.browser.js("return [...document.querySelectorAll('.value')].filter((one) => one.getClientRects().length < 1 || getComputedStyle(one).overflow !== 'visible').length"), 0)

    def test_text_has_contrast_in_both_colours(self):
        contrast = """
          document.documentElement.dataset.theme = arguments[0];
          const style = getComputedStyle(document.documentElement);
          const light = (name) => {
            const hex = style.getPropertyValue("--" + name).trim().slice(1);
            const parts = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
          };
          const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
          const pairs = [["text", "panel"], ["text", "ground"], ["quiet", "panel"], ["quiet", "ground"], ["accent", "panel"], ["refused", "panel"], ["failed", "panel"],
            ["high", "high-soft"], ["medium", "medium-soft"], ["low", "low-soft"], ["good", "good-soft"]];
          return pairs.map(([a, b]) => [a + " on " + b, ratio(a, b)]).filter((pair) => pair[1] < 4.5);
        """
        for colours in ("light", "dark"):
            self.assertEqual(self.browser.js(contrast, colours), [], colours)

    def test_it_fits_three_widths_in_light_and_dark(self):
        for width in (360, 1024, 1600):
            for colours in ("light", "dark"):
                self.browser.size(width, 900, colours)
                self.browser.open(self.project.page.as_uri())
                self.assertEqual(self.browser.js("return document.documentElement.dataset.theme"), colours)
                self.assertLessEqual(self.browser.js("return document.documentElement.scrollWidth"), width)
                if PICTURES:
                    pathlib.Path(PICTURES).mkdir(parents=True, exist_ok=True)
                    self.browser.driver.save_screenshot(f"{PICTURES}/report-{width}-{colours}.png")


class EmptyTest(unittest.TestCase):
    def test_a_lake_without_records_says_so(self):
        with tempfile.TemporaryDirectory() as folder:
            project = Project.__new__(Project)
            project.folder = pathlib.Path(folder)
            (project.folder / "logs").mkdir()
            project.run("init", "--defaults", "--target", "local", "--logs", "logs", "--name", "shop")
            project.run("deploy")
            project.run("report", "--output", "page.html")
            browser = Browser()
            self.addCleanup(browser.close)
            browser.open((project.folder / "page.html").as_uri())
            self.assertIn("The lake holds no records", browser.js("return document.querySelector('main').textContent"))
            shown = "const found = document.querySelector(arguments[0]); return [found.checkVisibility(), getComputedStyle(found).borderTopStyle]"
            self.assertEqual(browser.js(shown, "#zoom-field")[0], False, "there is no time to zoom in on")
            self.assertEqual(browser.js(shown, ".badge"), [True, "none"])
            self.assertEqual(browser.complaints(), [])


if __name__ == "__main__":
    unittest.main()
