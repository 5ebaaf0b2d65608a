namespace SkyDriver.Cli.Local;

/// <summary>How to run the services on this machine.</summary>
/// <param name="Port">Of the REST service; 0 = any free one.</param>
/// <param name="Components">Folder of component YAML.</param>
/// <param name="Data">Folder that keeps state and logs.</param>
/// <param name="Daprd">Use real Dapr instead of the embedded sidecar.</param>
/// <param name="MaxWorkers">Most worker processes at once; null leaves it to the launcher's component.</param>
internal sealed record LocalStackOptions(int Port, string Components, string Data, bool Daprd, int? MaxWorkers = null);
