using SkyDriver.Worker;

return await WorkerProgram.RunAsync(args);
