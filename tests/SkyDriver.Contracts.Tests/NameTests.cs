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
        Assert.Equal("scans/by-event/138632/31747601", StateKeys.ScansByEvent(138632, 31747601));
    }

    [Fact]
    public void Names_OfTopicsAndBindings_AreAsReleased()
    {
        Assert.Equal("pixels.s1", Topics.Pixels("s1"));
        Assert.Equal(Components.LocalWorkers, Components.Workers("local"));
    }
}
