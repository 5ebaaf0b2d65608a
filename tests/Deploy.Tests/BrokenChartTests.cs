using SkyDriver.Deploy.Tests.Harness;

namespace SkyDriver.Deploy.Tests;

/// <summary>Slips in templates and values do not get through the renderer.</summary>
public sealed class BrokenChartTests
{
    [Theory]
    [InlineData("templates/scanner/deployment.yaml", ".Values.scanner.replicas", ".Values.scanner.replica", "replica")]
    [InlineData("templates/scanner/deployment.yaml", "\"skydriver.pod\"", "\"skydriver.pods2\"", "skydriver.pods2")]
    [InlineData("templates/scanner/deployment.yaml", "{{- if not .Values.scanner.autoscaling.enabled }}", "", "unexpected {{end}}")]
    [InlineData("templates/scanner/deployment.yaml", "int .Values.scanner.replicas", "integer .Values.scanner.replicas", "function \"integer\" not defined")]
    [InlineData("values.yaml", "topologySpread: true", "topologySpreads: true", "topologySpreads")]
    [InlineData("values.yaml", "topologySpread: true", "topologySpread: yes please", "topologySpread")]
    [InlineData("values.yaml", "topologySpread: true", "topologySpread: true\ntopologySpread: false", "already")]
    [InlineData("values.schema.json", "\"topologySpread\"", "\"topologySpreads\"", "topologySpread")]
    public async Task Slip_IsAnError(string file, string old, string broken, string fault)
    {
        string folder = Directory.CreateTempSubdirectory("deploy-chart-").FullName;
        try
        {
            foreach (string source in Directory.EnumerateFiles(Chart.Folder, "*", SearchOption.AllDirectories))
            {
                string copy = Path.Combine(folder, Path.GetRelativePath(Chart.Folder, source));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(source, copy);
            }

            string path = Path.Combine(folder, file), text = await File.ReadAllTextAsync(path);
            Assert.Contains(old, text, StringComparison.Ordinal);
            await File.WriteAllTextAsync(path, text.Replace(old, broken, StringComparison.Ordinal));
            Assert.Contains(fault, (await Chart.RunAsync([new("it", [Chart.Anonymous])], folder))["it"].Error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Manifest_WithAKeyTwice_IsAnError() =>
        Assert.ThrowsAny<Exception>(() => Manifests.Parse(Chart.Example("minimal").Replace("  replicas: 2\n", "  replicas: 2\n  replicas: 3\n", StringComparison.Ordinal)));
}
