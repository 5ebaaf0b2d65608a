namespace SkyDriver.Contracts.Tests;

public class NameTests
{
    [Fact]
    public void StateKeys_Layout_IsAsReleased()
    {
        Assert.Equal("manifest/s1", StateKeys.Manifest("s1"));
        Assert.Equal("request/s1", StateKeys.Request("s1"));
        Assert.Equal("event/ab/index", StateKeys.EventIndex("ab"));
        Assert.Equal("event/ab/3", StateKeys.EventChunk("ab", 3));
        Assert.Equal("result/s1/index", StateKeys.ResultIndex("s1"));
        Assert.Equal("result/s1/4/0", StateKeys.ResultChunk("s1", "4", 0));
        Assert.Equal("fleet/block/7", StateKeys.FleetBlock(7));
        Assert.Equal("fleet/execution/7001", StateKeys.FleetExecution(7001));
        Assert.Equal("fleet/log/7001/error/2", StateKeys.FleetLog(7001, Fleet.LogStream.Error, 2));
        Assert.Equal("fleet/log/7001/output/head", StateKeys.FleetLogHead(7001, Fleet.LogStream.Output));
        Assert.Equal("scans/by-event/138632/31747601", StateKeys.ScansByEvent(138632, 31747601));
    }

    [Fact]
    public void Names_OfTopicsAndBindings_AreAsReleased()
    {
        Assert.Equal("pixels.s1", Topics.Pixels("s1"));
        Assert.Equal(Components.LocalWorkers, Components.Workers("local"));
    }

    // Readers of old parse six decimals and an offset, and stumble over others.
    [Theory]
    [InlineData("2026-11-21T13:00:00+00:00", "2026-11-21T13:00:00.000000+00:00")]
    [InlineData("2026-11-21T15:00:00.1234567+02:00", "2026-11-21T13:00:00.123456+00:00")]
    public void FleetDates_OnTheWire_HaveSixDecimalsAndAnOffset(string date, string written)
    {
        Fleet.FleetWorkerEventV1 sent = new("b", 1, "running", DateTimeOffset.Parse(date, System.Globalization.CultureInfo.InvariantCulture));
        string json = System.Text.Json.JsonSerializer.Serialize(sent);
        Assert.Contains($"\"date\":\"{written}\"", json);
        Assert.Equal(written, System.Text.Json.JsonSerializer.Deserialize<Fleet.FleetWorkerEventV1>(json)!.Date.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffzzz", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Throws<System.Text.Json.JsonException>(() => System.Text.Json.JsonSerializer.Deserialize<Fleet.FleetWorkerEventV1>(json.Replace(written, "soon")));
    }
}
