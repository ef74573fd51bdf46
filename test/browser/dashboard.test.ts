// The dashboard as people see it, in a real browser: it opens by its link alone, follows what happens, and asks nobody
// but the broker for anything.
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { newId } from '../support/broker.js';
import { dashboardOptions, reachable } from '../support/dashboard.js';
import { ASYNC, LARGE, PLAIN, provisionOf, queryOf, useScene } from '../support/scene.js';
import { suiteUnless } from '../support/skip.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

const missing = existsSync(CHROMIUM)
  ? undefined
  : `there is no browser at ${CHROMIUM}: apt-get install chromium, or name one in CHROMIUM`;

suiteUnless(missing, 'the dashboard in a browser', () => {
  const scene = useScene(dashboardOptions());
  let browser: Browser;
  before(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  after(() => browser?.close());

  /** What went wrong or elsewhere; nothing may. */
  const complaints: string[] = [];
  beforeEach(() => complaints.splice(0));

  const visit = async (link: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${scene.broker.url}/dashboard/`) && url !== 'data:,') complaints.push(url);
    });
    await page.goto(reachable(link, scene.broker));
    return page;
  };

  const linkOf = async (id: string): Promise<string> => (await scene.osb.fetch(id)).body.dashboard_url;

  it('follows an instance from Pending to Ready, through a failed update, to its end', async () => {
    const id = newId();
    const parameters = { label: 'parameter-value' };
    const hold = scene.lab.hold('ensure', '1 of 2 disks is there');
    const answer = await scene.osb.provision(id, provisionOf(PLAIN, { parameters }), ASYNC);
    const page = await visit(answer.body.dashboard_url);
    const state = page.locator('[aria-live] .state');
    await page.getByText('Live: changes show as they happen').waitFor();
    await state.filter({ hasText: 'Pending' }).waitFor();
    await page.getByText('1 of 2 disks is there').first().waitFor();
    const region = await page.locator('[data-part="state"]').elementHandle();
    hold.release();
    await state.filter({ hasText: 'Ready' }).waitFor();
    expect(await page.title()).to.equal('Ready: plain small');
    await page.getByRole('region', { name: 'Events' }).getByText('ProvisionedSuccessfully').waitFor();
    await scene.binding(id);
    scene.lab.fail('ensure', 'no room for <b>a large one</b>');
    await scene.osb.update(id, { service_id: PLAIN.serviceId, plan_id: LARGE.planId }, ASYNC);
    await state.filter({ hasText: 'Failed' }).waitFor();
    const operations = page.getByRole('region', { name: 'Operations' }).getByRole('row');
    await operations
      .filter({ hasText: 'no room for <b>a large one</b>' })
      .filter({ hasText: 'update' })
      .waitFor();
    await operations.filter({ hasText: 'provision' }).filter({ hasText: 'succeeded' }).waitFor();
    const content = await page.content();
    for (const secret of ['parameter-value', 'organization-1', 'password', 'user-']) {
      expect(content).not.to.contain(secret);
    }
    await scene.osb.deprovision(id, queryOf(PLAIN, ASYNC));
    await scene.kube.instances.untilGone(id);
    await state.filter({ hasText: 'Gone' }).waitFor();
    await page.getByText('Nothing more will happen here').waitFor();
    // Screen readers tell of changes within a region, not of another one in its place.
    expect(await region.evaluate((element) => element.isConnected)).to.equal(true);
    expect(complaints).to.deep.equal([]);
  });

  it('comes back by itself when the broker was away', async () => {
    const id = await scene.instance();
    const page = await visit(await linkOf(id));
    await page.getByText('Live: changes show as they happen').waitFor();
    const { port } = new URL(scene.broker.url);
    await scene.restart(dashboardOptions({ BROKER_PORT: port }, scene.lab));
    scene.lab.fail('ensure', 'changed in the meantime');
    await scene.osb.update(id, { service_id: PLAIN.serviceId, plan_id: LARGE.planId }, ASYNC);
    await page.getByText('changed in the meantime').first().waitFor();
    await page.getByText('Live: changes show as they happen').waitFor();
  });

  it('holds its connection only while it is to be seen', async () => {
    const id = await scene.instance();
    const page = await visit(await linkOf(id));
    await page.getByText('Live: changes show as they happen').waitFor();
    const turn = (hidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      `);
    const left = page.waitForEvent('requestfailed', (request) => request.url().includes('/events?'));
    await turn(true);
    await left;
    scene.lab.fail('ensure', 'changed in the meantime');
    await scene.osb.update(id, { service_id: PLAIN.serviceId, plan_id: LARGE.planId }, ASYNC);
    await scene.ended(id);
    expect(await page.locator('.state').textContent()).to.equal('Ready');
    await turn(false);
    await page.getByText('changed in the meantime').first().waitFor();
    expect(complaints).to.deep.equal([]);
  });

  it('can be read without its script', async () => {
    const page = await visit(await linkOf(await scene.instance()), { javaScriptEnabled: false });
    expect(await page.locator('.state').textContent()).to.equal('Ready');
    expect(await page.locator('#live').textContent()).to.contain('reload the page');
    expect(complaints).to.deep.equal([]);
  });

  it('is light or dark as people like it, and fits a small screen', async () => {
    const link = await linkOf(await scene.instance());
    const grounds: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await visit(link, { colorScheme, viewport: { width: 360, height: 640 } });
      grounds.push(await page.evaluate(`getComputedStyle(document.body).backgroundColor`));
      expect(await page.evaluate(`document.documentElement.scrollWidth`)).to.be.at.most(360);
    }
    expect(grounds[0]).not.to.equal(grounds[1]);
    expect(complaints).to.deep.equal([]);
  });

  it('says that a link leads nowhere', async () => {
    const page = await visit((await linkOf(await scene.instance())).replace('signature=', 'signature=x'));
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  });
});
