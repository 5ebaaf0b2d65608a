using System.Text;
using System.Text.Json;
using SkyDriver.Products.Maps;
using SkyDriver.Scan;

namespace SkyDriver.Products.Tests.Text;

/// <summary>The drafts against the rules of the published schema gcn/notices/icecube/single_neutrino_alerts and the core schemas it refers to.</summary>
public sealed class GcnDraftsTests
{
    // Property to kind of value, or to the values allowed.
    private static readonly Dictionary<string, object> Rules = new()
    {
        ["$schema"] = JsonValueKind.String,
        ["mission"] = JsonValueKind.String,
        ["instrument"] = JsonValueKind.String,
        ["messenger"] = new[] { "EM", "GW", "Neutrino" },
        ["id"] = JsonValueKind.Array,
        ["alert_type"] = new[] { "initial", "subsequent", "update", "retraction" },
        ["alert_tense"] = new[] { "current", "archival", "planned", "injection", "commanded", "test" },
        ["number_of_events"] = JsonValueKind.Number,
        ["trigger_time"] = JsonValueKind.String,
        ["ra"] = JsonValueKind.Number,
        ["dec"] = JsonValueKind.Number,
        ["ra_dec_error"] = JsonValueKind.Number,
        ["containment_probability"] = JsonValueKind.Number,
        ["systematic_included"] = JsonValueKind.True,
        ["additional_info"] = JsonValueKind.String,
    };

    [Fact]
    public void Notice_OfAResult_KeepsTheRulesOfTheSchema()
    {
        using JsonDocument notice = JsonDocument.Parse(Make("notice", Real(), LevelSet.Alert));
        foreach (JsonProperty property in notice.RootElement.EnumerateObject())
        {
            object rule = Assert.Contains(property.Name, (IDictionary<string, object>)Rules);
            if (rule is string[] words) Assert.Contains(property.Value.GetString(), words);
            else Assert.Equal(rule, property.Value.ValueKind);
        }

        Assert.Equal("current", notice.RootElement.GetProperty("alert_tense").GetString());
        Assert.Matches(@"^2020-03-25T09:36:00\.000000Z$", notice.RootElement.GetProperty("trigger_time").GetString());
        Assert.Equal("138632_7", notice.RootElement.GetProperty("id")[0].GetString());
    }

    [Fact]
    public void Notice_Regions_AreThoseOfTheProducts()
    {
        ScanProducts products = new(Real(), new("dummy") { Levels = LevelSet.Wilks });
        using JsonDocument notice = JsonDocument.Parse(Make("notice", Real(), LevelSet.Wilks));
        double radius = notice.RootElement.GetProperty("ra_dec_error").GetDouble() * Math.PI / 180;
        Assert.Equal(products.Ninety.SquareDegrees, 2 * Math.PI * (1 - Math.Cos(radius)) * Math.Pow(180 / Math.PI, 2), 0.01);
        Assert.False(notice.RootElement.GetProperty("systematic_included").GetBoolean());
    }

    [Theory]
    [InlineData("notice")]
    [InlineData("circular")]
    public void Drafts_AreMarkedInNameAndText(string kind)
    {
        ProductFile file = Assert.Single(new ScanProducts(Real(), new("dummy")).Make([ProductKind.Find(kind)!]));
        Assert.Contains(".DRAFT.", file.Name);
        Assert.Contains("DRAFT", Encoding.UTF8.GetString(file.Content));
        Assert.Contains("not sent", Encoding.UTF8.GetString(file.Content));
    }

    [Fact]
    public void Drafts_OfASimulatedEvent_SaySo()
    {
        Assert.Contains("must never be sent", Make("circular", SyntheticSky.Result(), LevelSet.Wilks));
        Assert.Contains("\"alert_tense\": \"test\"", Make("notice", SyntheticSky.Result(), LevelSet.Wilks));
    }

    [Fact]
    public void Circular_OfAResult_HasDateErrorsAndAreas()
    {
        ScanProducts products = new(Real(), new("dummy") { Levels = LevelSet.Alert });
        string text = Make("circular", Real(), LevelSet.Alert);
        string plus = products.Ninety.Errors.DecPlus.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture), area = products.Ninety.SquareDegrees.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);
        foreach (string words in new[] { "IceCube-200325[letter]", "Time: 09:36:00.000000 UT", $"(+{plus}/-", $"covers {area} square degrees", "limits \"alert\"", "[name] alert stream" }) Assert.Contains(words, text);
    }

    [Fact]
    public void Drafts_OfAPartialResult_SaySo()
    {
        NsideResult nside = Real().Nsides[0];
        SkyScanResult partial = new([new NsideResult(nside.Nside, 1, nside.Index, nside.Columns, nside.Metadata! with { Complete = false })]);
        Assert.Contains("PARTIAL RESULT", Make("circular", partial, LevelSet.Wilks));
    }

    private static SkyScanResult Real()
    {
        SkyScanResult made = SyntheticSky.Result(64);
        return new([.. made.Nsides.Select(n => new NsideResult(n.Nside, n.Version, n.Index, n.Columns, n.Metadata! with { Event = n.Metadata.Event with { IsRealEvent = true } }))]);
    }

    private static string Make(string kind, SkyScanResult result, LevelSet levels) =>
        Encoding.UTF8.GetString(Assert.Single(new ScanProducts(result, new("dummy") { Levels = levels }).Make([ProductKind.Find(kind)!])).Content);
}
