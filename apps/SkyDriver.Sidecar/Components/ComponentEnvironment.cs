namespace SkyDriver.Sidecar.Components;

/// <summary>Where components find what is outside of them.</summary>
/// <param name="DataFolder">Relative files start here.</param>
/// <param name="SocketFolder">Of pluggable components.</param>
/// <param name="SocketTimeout">How long a pluggable component's socket may take to appear; null = the component's own limit.</param>
internal sealed record ComponentEnvironment(string DataFolder, string SocketFolder, TimeSpan? SocketTimeout, TimeProvider Clock, ILoggerFactory Loggers);
