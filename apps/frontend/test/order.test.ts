import { expect } from "chai";
import { readOrder } from "../site/order.js";

const good = { patient: "p-4821", consultation: "c-90317", amount: "25,00", currency: "EUR" };

describe("an order", () => {
  it("is read from the inputs, also from references with typographic hyphens and stray spaces", () => {
    const order = { patient: "p-4821", consultation: "c-90317", amount: 2500, currency: "EUR" };
    expect(readOrder(good)).to.deep.equal({ ok: true, order });
    expect(readOrder({ ...good, patient: " p\u20114821 ", consultation: "c\u2060-\u206090317\n" })).to.deep.equal({
      ok: true,
      order,
    });
  });

  it("with faults names each of them, in the order of the page", () => {
    expect(readOrder({ patient: "", consultation: "90317", amount: "12,345", currency: "EUR" })).to.deep.equal({
      ok: false,
      faults: [
        { field: "patient", message: "patientMissing" },
        { field: "consultation", message: "consultationMalformed" },
        { field: "amount", message: "amountDecimals" },
      ],
    });
    expect(readOrder({ ...good, currency: "XOF" })).to.deep.equal({
      ok: false,
      faults: [{ field: "amount", message: "amountNoDecimals" }],
    });
    expect(readOrder({ ...good, currency: "toString" })).to.deep.equal({
      ok: false,
      faults: [{ field: "currency", message: "currencyMissing" }],
    });
  });
});
