using System.Globalization;
using System.Text;
using SkyDriver.Products.Fits;
using SkyDriver.Products.Maps;
using SkyDriver.Scan;
using SkyDriver.Sky;

namespace SkyDriver.Products.Text;

/// <summary>Drafts of what a person may send to GCN after reading it. This program never sends anything.</summary>
/// <remarks>Notice: the published schema <c>gcn/notices/icecube/single_neutrino_alerts</c> with the core schemas that it refers to. What a
/// scan cannot know (pipeline, energy, false alarm rate, probability of being astrophysical, name, time of sending) is left out of the notice and
/// stands in square brackets in the circular.</remarks>
internal static class GcnDrafts
{
    private const string Schema = "https://gcn.nasa.gov/schema/main/gcn/notices/icecube/single_neutrino_alerts.schema.json";
    private const string Warning = "DRAFT made by a program, not sent and not approved.";

    public static byte[] Notice(ScanProducts products) => JsonDocuments.Write(json =>
    {
        EventMetadata what = products.Metadata!.Event;
        SkyPoint best = products.BestFit;
        json.WriteString("$schema", Schema);
        json.WriteString("mission", "IceCube");
        json.WriteString("instrument", "IC86");
        json.WriteString("messenger", "Neutrino");
        json.WriteStartArray("id");
        json.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"{what.RunId}_{what.EventId}"));
        json.WriteEndArray();
        json.WriteString("alert_type", "update");
        json.WriteString("alert_tense", what.IsRealEvent ? "current" : "test");
        json.WriteNumber("number_of_events", 1);
        if (double.IsFinite(what.Mjd)) json.WriteString("trigger_time", MapCards.UtcText(what.Mjd) + "Z");
        json.WriteNumber("ra", Math.Round(Angles.ToDegrees(best.RightAscension), 4));
        json.WriteNumber("dec", Math.Round(Angles.ToDegrees(best.Declination), 4));
        json.WriteNumber("ra_dec_error", Math.Round(products.Ninety.EquivalentRadius, 4));
        json.WriteNumber("containment_probability", 0.9);
        json.WriteBoolean("systematic_included", products.Levels.Name != LevelSet.Wilks.Name);
        json.WriteString("additional_info", $"{Warning} ra_dec_error is the radius of the circle with the area of the 90 % region, {Number(products.Ninety.SquareDegrees)} deg2. {Box("90 %", products.Ninety)}. "
            + string.Join("; ", products.Provenance.Facts.Select(f => $"{f.Name}: {f.Value}")));
    });

    public static byte[] Circular(ScanProducts products)
    {
        EventMetadata what = products.Metadata!.Event;
        SkyPoint best = products.BestFit;
        string utc = double.IsFinite(what.Mjd) ? MapCards.UtcText(what.Mjd) : "[date]T[time]";
        string date = utc.Split('T')[0], time = utc.Split('T')[1];
        var text = new StringBuilder();
        text.Append($"{Warning} Check it, fill in what stands in [brackets], and remove this line.\n");
        if (!what.IsRealEvent) text.Append("SIMULATED EVENT: this must never be sent.\n");
        if (products.Metadata is { Complete: false }) text.Append("PARTIAL RESULT: the scan was not finished; wait for the final one.\n");
        text.Append(string.Create(CultureInfo.InvariantCulture, $"""

            SUBJECT: IceCube-{(double.IsFinite(what.Mjd) ? date[2..].Replace("-", "") : "[yymmdd]")}[letter] - IceCube observation of a high-energy neutrino candidate [track-like|cascade-like] event

            The IceCube Collaboration (http://icecube.wisc.edu/) reports:

            On {date} at {time} UT IceCube detected a [track-like|cascade-like] event with a [moderate|high] probability of being of
            astrophysical origin. The event was selected by the [name] alert stream. It has an estimated false alarm rate of [rate] events
            per year due to atmospheric backgrounds. The detector was in [a normal operating state].

            After the initial automated alert ([link]), a sky scan has refined the direction to:

            Date: {date}
            Time: {time} UT
            RA: {Angles.ToDegrees(best.RightAscension):0.00} ({Signed(products.Ninety.Errors.RaPlus, products.Ninety.Errors.RaMinus)} deg 90% containment) J2000
            Dec: {Angles.ToDegrees(best.Declination):0.00} ({Signed(products.Ninety.Errors.DecPlus, products.Ninety.Errors.DecMinus)} deg 90% containment) J2000

            The 90% region covers {Number(products.Ninety.SquareDegrees)} square degrees, the 50% region {Number(products.Fifty.SquareDegrees)} (limits "{products.Levels.Name}": 2 dlnL = {products.Levels.Delta90} and {products.Levels.Delta50}).

            [Known sources in the 90% region.]

            The probability map is available at [link].

            Run {what.RunId}, event {what.EventId}. Made with:

            """).ReplaceLineEndings("\n"));
        foreach ((string name, string value) in products.Provenance.Facts) text.Append(CultureInfo.InvariantCulture, $"  {name}: {value}\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Box(string name, Region region) =>
        string.Create(CultureInfo.InvariantCulture, $"{name} in right ascension {Signed(region.Errors.RaPlus, region.Errors.RaMinus)} deg, in declination {Signed(region.Errors.DecPlus, region.Errors.DecMinus)} deg");

    private static string Signed(double plus, double minus) => string.Create(CultureInfo.InvariantCulture, $"+{plus:0.00}/-{minus:0.00}");

    private static string Number(double value) => value.ToString(value < 1 ? "0.000" : "0.00", CultureInfo.InvariantCulture);
}
