using System.Globalization;
using System.Text.Json;

namespace SkyDriver.Scan.Tests;

public sealed class ThresholdTests
{
    [Fact]
    public void For_GoldenThresholds_SeriesAgree()
    {
        foreach (var row in GoldenUnits.Section("threshold_series").EnumerateArray())
        {
            double threshold = row.GetProperty("threshold").GetDouble();
            bool good = TestPlans.Plan("8:0 64:12 512:24", threshold: threshold).Faults().Count == 0;

            // 0.1 itself passes every outer check of the reference and kills its server; here it is valid.
            Assert.Equal(row.GetProperty("ok").GetBoolean() || threshold == 0.1, good);
            if (row.GetProperty("series").ValueKind is JsonValueKind.Null) continue;
            int[] nsides = [8, 64, 512];
            foreach (int nside in nsides)
            {
                Assert.Equal(
                    row.GetProperty("series").GetProperty(nside.ToString(CultureInfo.InvariantCulture)).EnumerateArray().Select(v => v.GetDouble()),
                    ThresholdSeries.For(threshold, last: nside == 512));
            }
        }
    }

    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(0.29, 0.0)]
    [InlineData(0.3, 0.3)]
    [InlineData(0.999, 0.9)]
    [InlineData(1.0, 1.0)]
    public void Bin_Fraction_IsTheLargestReached(double fraction, double expected) =>
        Assert.Equal(expected, ThresholdSeries.Bin(ThresholdSeries.For(0.3, last: false), fraction));

    [Fact]
    public void Fold_GoldenCrossings_MeetTheSameThresholdsAndSaveTheSamePixels()
    {
        foreach (var row in GoldenUnits.Section("crossings").GetProperty("cases").EnumerateArray())
        {
            int[] nsides = [.. row.GetProperty("nsides").EnumerateArray().Select(n => n.GetInt32())];
            var plan = TestPlans.Plan($"{nsides[0]}:0 {nsides[1]}:12", row.GetProperty("n_posvar").GetInt32(), row.GetProperty("threshold").GetDouble());
            var ledger = new ScanLedger(plan with { Rule = RoundRule.Threshold }, 0);
            foreach (var step in row.GetProperty("steps").EnumerateArray())
            {
                if (step.TryGetProperty("send", out var send))
                    ledger.Open([.. nsides.Select(nside => nside == send[0].GetInt32() ? send[1].EnumerateArray().Select(p => p.GetInt64()).ToList() : [])]);
                else
                    CheckStep(ledger, step);
            }

            CheckSaved(ledger, row.GetProperty("saved_ignoring_nan"));
        }
    }

    private static void CheckStep(ScanLedger ledger, JsonElement step)
    {
        var reco = step.GetProperty("reco");
        var outcome = ledger.Fold(TestRecos.Reco(reco[0].GetInt32(), reco[1].GetInt64(), reco[2].GetInt32(), GoldenCase.Number(reco[3])), 1);
        string error = step.TryGetProperty("error", out var e) ? e.GetString()! : "";
        bool crash = step.TryGetProperty("collected_all_sent", out var all) && all.ValueKind is JsonValueKind.String;
        if (error == "extra") Assert.Equal(FoldStatus.Duplicate, outcome.Status);
        else if (error.StartsWith("KeyError", StringComparison.Ordinal) || crash) Assert.Equal(FoldStatus.Unknown, outcome.Status);     // the reference's server dies of these
        else Assert.Equal(FoldStatus.Accepted, outcome.Status);
        if (crash) return;
        Assert.Equal(step.GetProperty("threshold").ValueKind is JsonValueKind.Null ? 0 : step.GetProperty("threshold").GetInt32(), outcome.NsideMet);
        if (all.ValueKind is JsonValueKind.True or JsonValueKind.False) Assert.Equal(all.GetBoolean(), ledger.AllReceived);
    }

    private static void CheckSaved(ScanLedger ledger, JsonElement expected)
    {
        var saved = ledger.BuildResult(false).Nsides;
        foreach (var nside in expected.EnumerateObject())
        {
            var result = saved.Single(n => n.Nside == int.Parse(nside.Name, CultureInfo.InvariantCulture));
            foreach (var pixel in nside.Value.EnumerateObject().Where(pixel => pixel.Name != "77"))       // never sent, see above
                Assert.Equal(GoldenCase.Number(pixel.Value), result.LlhOf(long.Parse(pixel.Name, CultureInfo.InvariantCulture)));
        }
    }
}

internal static class TestRecos
{
    public static RecoRecord Reco(int nside, long ipix, int posvar, double llh, double runtime = 1) =>
        new(nside, ipix, posvar, llh, 100 + posvar, 200 + posvar, ipix, posvar, nside, 1000 + posvar, 5, runtime);

    public static RecoRecord Failure(int nside, long ipix, int posvar, string reason) =>
        new(nside, ipix, posvar, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, 1, reason);
}
