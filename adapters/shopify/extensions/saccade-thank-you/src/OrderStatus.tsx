import type { Api } from "@shopify/ui-extensions/customer-account.order-status.block.render";
import { render } from "preact";
import { Offer } from "./Offer";

declare const shopify: Api;

export default () => render(<Offer page={shopify} />, document.body);
