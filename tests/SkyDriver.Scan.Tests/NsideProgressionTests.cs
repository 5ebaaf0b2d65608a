using System.Globalization;

namespace SkyDriver.Scan.Tests;

public sealed class NsideProgressionTests
{
    [Fact]
    public void TryCreate_GoldenProgressions_AgreeOnFaultsSlicesAndEstimates()
    {
        foreach (var row in GoldenUnits.Section("progressions").EnumerateArray())
        {
            string what = row.GetProperty("input").GetRawText();
            bool made = NsideProgression.TryCreate(
                row.GetProperty("input").EnumerateArray().Select(step => new NsideStep(step[0].GetInt32(), step[1].GetInt32())), out var progression, out var faults);
            Assert.True(row.GetProperty("ok").GetBoolean() == made, what);
            Assert.True(made == (faults.Count == 0), what);
            if (!made) continue;
            Assert.Equal(row.GetProperty("min_nside").GetInt32(), progression!.FirstNside);
            Assert.Equal(row.GetProperty("max_nside").GetInt32(), progression.LastNside);
            Assert.Equal(Steps(row.GetProperty("slice_none")), progression.UpToNextAfter(null));
            foreach (var slice in row.GetProperty("slices").EnumerateObject())
                Assert.Equal(Steps(slice.Value), progression.UpToNextAfter(int.Parse(slice.Name, CultureInfo.InvariantCulture)));
            foreach (var estimate in row.GetProperty("estimated_total_recos").EnumerateObject()) CheckEstimate(progression, estimate.Name, estimate.Value);
        }
    }

    [Fact]
    public void TryCreate_SeveralFaults_TellsAllOfThem()
    {
        Assert.False(NsideProgression.TryCreate([new(48, 7), new(8, 0), new(8, -2)], out _, out var faults));
        Assert.Contains(faults, fault => fault.Contains("nside 8 is given 2 times"));
        Assert.Contains(faults, fault => fault.Contains("nside 8 comes after 48"));
        Assert.Contains(faults, fault => fault.Contains("48") && fault.Contains("must be 0, not 7"));
        Assert.Contains(faults, fault => fault.Contains("at least 1, not 0"));
        Assert.Contains(faults, fault => fault.Contains("at least 1, not -2"));
        Assert.Contains(faults, fault => fault.Contains("nside 48 must be a power of two"));
    }

    [Theory]
    [InlineData("8:0 64:12 512:24", "8:0 64:12 512:24")]
    [InlineData("  8,64:12 ", "8:0 64:12")]
    [InlineData("1:0", "1:0")]
    public void TryParse_GoodText_GivesTheTextForm(string text, string expected)
    {
        Assert.True(NsideProgression.TryParse(text, out var progression, out var faults), string.Join(" ", faults));
        Assert.Equal(expected, progression.ToString());
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("8:0 sixty:12", "'sixty:12'")]
    [InlineData("8:0:1", "'8:0:1'")]
    [InlineData("8:0 99999999999:12", "'99999999999:12'")]
    [InlineData("7:0 x", "nside 7")]
    public void TryParse_BadText_NamesTheEntry(string text, string part)
    {
        Assert.False(NsideProgression.TryParse(text, out _, out var faults));
        Assert.Contains(faults, fault => fault.Contains(part));
    }

    [Fact]
    public void UpToNextAfter_NsideNotInIt_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => NsideProgression.Default.UpToNextAfter(16));

    [Fact]
    public void EstimatedPixels_HugeExtension_Saturates()
    {
        Assert.True(NsideProgression.TryCreate([new(1, 0), new(1 << 29, int.MaxValue)], out var progression, out _));
        Assert.Equal(long.MaxValue, progression.EstimatedPixels(null)[1]);
    }

    private static IEnumerable<NsideStep> Steps(System.Text.Json.JsonElement steps) =>
        steps.EnumerateArray().Select(step => new NsideStep(step[0].GetInt32(), step[1].GetInt32()));

    // Named "7 variation(s), pointed 3.5 deg" or "1 variation(s), full sky".
    private static void CheckEstimate(NsideProgression progression, string name, System.Text.Json.JsonElement expected)
    {
        string[] words = name.Split(' ');
        int variations = int.Parse(words[0], CultureInfo.InvariantCulture);
        double? radius = words[2] == "pointed" ? double.DegreesToRadians(double.Parse(words[3], CultureInfo.InvariantCulture)) : null;
        var estimates = progression.EstimatedPixels(radius);
        for (int i = 0; i < progression.Count; i++)
            Assert.Equal(expected.GetProperty(progression.Steps[i].Nside.ToString(CultureInfo.InvariantCulture)).GetInt64(), estimates[i] * variations);
    }
}
