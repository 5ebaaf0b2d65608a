using SkyDriver.Sidecar.Run;

return args is ["run", .. string[] rest] ? await RunCommand.ExecuteAsync(rest, SharedHost.Open) : 2;
