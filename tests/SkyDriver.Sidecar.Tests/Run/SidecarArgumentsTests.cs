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

    [Theory]
    [InlineData("mode", "standalone", true)]
    [InlineData("app-protocol", "h2c", false)]
    [InlineData("app-channel-address", "127.0.0.2", false)]
    [InlineData("app-max-concurrency", "5", false)]
    [InlineData("dapr-internal-grpc-port", "1", true)]
    [InlineData("dapr-public-port", "3501", true)]
    [InlineData("dapr-listen-addresses", "127.0.0.1,::1", false)]
    [InlineData("unix-domain-socket", "/tmp", false)]
    [InlineData("components-path", "/r", false)]
    [InlineData("config", "c.yaml", false)]
    [InlineData("placement-host-address", "x:1", true)]
    [InlineData("scheduler-host-address", "x:1,y:1", true)]
    [InlineData("read-buffer-size", "8Ki", false)]
    [InlineData("dapr-graceful-shutdown-seconds", "9", false)]
    [InlineData("dapr-block-shutdown-duration", "30s", false)]
    [InlineData("app-health-check-path", "/h", false)]
    [InlineData("app-health-probe-interval", "9", false)]
    [InlineData("app-health-probe-timeout", "900", false)]
    [InlineData("metrics-port", "9090", true)]
    [InlineData("profile-port", "7777", true)]
    [InlineData("disable-init-endpoints", "config,subscribe", false)]
    [InlineData("log-level", "debug", false)]
    [InlineData("sentry-address", "x", true)]
    [InlineData("allowed-origins", "*", true)]
    [InlineData("enable-profiling", null, true)]
    [InlineData("enable-mtls", null, true)]
    [InlineData("enable-app-health-check", null, false)]
    [InlineData("enable-api-logging", null, false)]
    [InlineData("log-as-json", null, false)]
    public void Parse_EveryOptionOfDaprd_IsTakenInBothSpellings(string name, string? value, bool ignored)
    {
        foreach (string dashes in (string[])["-", "--"])
        {
            string[][] forms = value is null ? [[dashes + name], [$"{dashes}{name}=true"]] : [[dashes + name, value], [$"{dashes}{name}={value}"]];
            foreach (string[] form in forms) Assert.Equal(ignored ? [name] : [], SidecarArguments.Parse(["--app-id", "a", .. form], _ => null).Ignored);
        }
    }

    [Fact]
    public void Parse_Values_ReachTheSettings()
    {
        var parsed = SidecarArguments.Parse(
            ["--app-id", "a", "--dapr-listen-addresses", "127.0.0.1, ::1", "--read-buffer-size", "8Ki", "--dapr-block-shutdown-duration", "1m", "--disable-init-endpoints", "config", "--log-level", "error", "--log-as-json",
             "--dapr-http-max-request-size", "16"],
            _ => null);
        Assert.Equal(["127.0.0.1", "::1"], parsed.Settings.ListenAddresses);
        Assert.Equal((8192, 16 << 20, TimeSpan.FromMinutes(1)), (parsed.Settings.ReadBufferSize, parsed.Settings.MaxBodySize, parsed.Settings.BlockShutdown));
        Assert.Equal(["config"], parsed.Settings.DisabledInitEndpoints);
        Assert.Equal(new HostLogging(Microsoft.Extensions.Logging.LogLevel.Error, true), parsed.Logging);
    }

    [Fact]
    public void Parse_AllWrong_SaysAll()
    {
        FormatException fault = Assert.Throws<FormatException>(() => SidecarArguments.Parse(["--app-port", "x", "--colour", "red", "--max-body-size", "much", "word", "--app-protocol", "grpc"], _ => null));
        foreach (string word in new[] { "--app-id", "--app-port", "--colour", "--max-body-size", "'word'", "grpc" }) Assert.Contains(word, fault.Message);
    }
}
