using SkyDriver.Sidecar.Run;

namespace SkyDriver.Sidecar.Tests.Run;

public sealed class SidecarArgumentsTests
{
    [Fact]
    public void Parse_LikeDaprd_WithOneOrTwoDashes()
    {
        SidecarArguments parsed = SidecarArguments.Parse(
            ["--app-id", "a", "-app-port=5000", "--dapr-http-port", "0", "--resources-path", "/r", "--resources-path", "/s", "--max-body-size", "16Mi", "--enable-app-health-check", "--app-health-threshold", "7", "--mode", "standalone", "--enable-mtls"],
            name => name == "DAPR_API_TOKEN" ? "t" : null);
        Assert.Equal(("a", 5000, 0, 50001, "t"), (parsed.Settings.AppId, parsed.Settings.AppPort, parsed.Settings.HttpPort, parsed.Settings.GrpcPort, parsed.Settings.ApiToken));
        Assert.Equal(["/r", "/s"], parsed.ResourcePaths);
        Assert.Equal(16 << 20, parsed.Settings.MaxBodySize);
        Assert.Equal(7, parsed.Settings.HealthCheck!.Threshold);
        Assert.Equal(["enable-mtls", "mode"], parsed.Ignored.Order());
    }

    [Fact]
    public void Parse_AllWrong_SaysAll()
    {
        FormatException fault = Assert.Throws<FormatException>(() => SidecarArguments.Parse(["--app-port", "x", "--colour", "red", "--max-body-size", "much", "word", "--app-protocol", "grpc"], _ => null));
        foreach (string word in new[] { "--app-id", "--app-port", "--colour", "--max-body-size", "'word'", "grpc" }) Assert.Contains(word, fault.Message);
    }
}
